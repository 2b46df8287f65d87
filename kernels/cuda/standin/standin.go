// Package standin makes a CUDA driver and compiler for tests on machines without
// a GPU: memory is the host's, and the kernels' .cu files are compiled by g++ and
// run thread by thread, with working barriers and warp shuffles. It finds wrong
// results, writes outside of buffers, barriers that threads do not agree on and
// calls that a driver refuses. Copies to the host arrive when something waits, so
// that values read too early are NaN, as do copies to shared memory and products of
// warpgroups within kernels. It cannot run inline PTX, tell anything about time, or
// find other missing waits, since all else is done before calls return.
package standin

import (
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

//go:embed src
var sources embed.FS

// libraries are what is made, from which file.
var libraries = map[string]string{"libcuda.so.1": "driver.cpp", "libnvrtc.so.12": "nvrtc.cpp", dnn + "/libcudnn.so.9": "cudnn.cpp", dnn + "/libcublasLt.so.12": "cublaslt.cpp"}

// dnn is the folder of cuDNN and cuBLASLt, which not every machine has.
const dnn = "cudnn"

// testVariable set to "gpu" asks for the machine's own driver and turns skipped
// tests into failures.
const testVariable = "TRUSTMAE_CUDA_TEST"

// LaunchesVariable names a file to which the stand-in appends the names of the
// kernels that it launches, one to a line.
const LaunchesVariable = "STANDIN_LAUNCHES"

// Real tells whether tests run on the machine's own driver.
func Real() bool { return os.Getenv(testVariable) == "gpu" }

// Use makes the stand-in the driver that this process finds, unless
// TRUSTMAE_CUDA_TEST is "gpu", which asks for the machine's own. Call it before
// CUDA is opened. It returns why it could not, such as a missing g++; tests that
// need CUDA then skip.
func Use() error {
	env, err := Environment()
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		err = errors.Join(err, os.Setenv(name, value))
	}
	return err
}

// UseDNN is Use on a machine that has cuDNN and cuBLASLt, too.
func UseDNN() error {
	if err := Use(); err != nil || Real() {
		return err
	}
	dir := os.Getenv(driver.PathVariable)
	return os.Setenv(driver.PathVariable, dir+string(filepath.ListSeparator)+filepath.Join(dir, dnn))
}

// Environment is what a program needs in its environment to find the stand-in.
func Environment() ([]string, error) {
	if Real() {
		return nil, nil
	}
	dir, err := build()
	if err != nil {
		return nil, err
	}
	return []string{driver.PathVariable + "=" + dir, "TRUSTMAE_CUDA_CACHE=" + filepath.Join(dir, "kernels")}, nil
}

// build compiles the libraries into a folder of the user's cache that is named by
// their sources, so that it is done once.
func build() (dir string, err error) {
	if runtime.GOOS != "linux" {
		return "", errors.New("the stand-in for the CUDA driver runs on Linux only")
	}
	if _, err := exec.LookPath("g++"); err != nil {
		return "", errors.New("the stand-in for the CUDA driver needs g++")
	}
	root, err := os.UserCacheDir()
	if err != nil {
		root = os.TempDir()
	}
	id, err := fingerprint()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(root, "trustmae-standin", id)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	made, err := os.MkdirTemp(filepath.Dir(dir), "building-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(made)
	if err := compile(made, dir); err != nil {
		return "", err
	}
	if err := os.Rename(made, dir); err != nil && !errors.Is(err, os.ErrExist) {
		if _, gone := os.Stat(dir); gone != nil {
			return "", err
		}
	}
	return dir, nil
}

// fingerprint names the sources.
func fingerprint() (string, error) {
	sum := sha256.New()
	entries, err := sources.ReadDir("src")
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		text, err := sources.ReadFile("src/" + e.Name())
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", e.Name(), len(text), text)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))[:16], nil
}

// compile makes the libraries in dir, which will be moved to final.
func compile(dir, final string) error {
	if err := os.CopyFS(dir, sources); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, dnn), 0o755); err != nil {
		return err
	}
	for library, source := range libraries {
		cmd := exec.Command("g++", "-std=c++17", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror",
			fmt.Sprintf("-DSTANDIN_KERNEL_H=%q", filepath.Join(final, "src", "kernel.h")),
			filepath.Join(dir, "src", source), "-o", filepath.Join(dir, library), "-ldl")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("g++ %s: %w\n%s", source, err, out)
		}
	}
	return nil
}

// Skip ends the test: skipped with the reason, or failed on runs that are there
// to use a GPU.
func Skip(t testing.TB, reason error) {
	t.Helper()
	if Real() {
		t.Fatalf("no GPU: %v", reason)
	}
	t.Skipf("no CUDA: %v", reason)
}
