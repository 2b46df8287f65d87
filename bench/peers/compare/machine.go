package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// machine runs the programs of all sides.
type machine struct {
	settings
	module    string // root of the checkout
	folder    string // temporary: what is compiled and written for the sitting
	processor string
}

func newMachine(s settings) (*machine, error) {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, fmt.Errorf("find the module: %w; run inside the checkout", err)
	}
	folder, err := os.MkdirTemp("", "compare")
	if err != nil {
		return nil, err
	}
	return &machine{settings: s, module: strings.TrimSpace(string(module)), folder: folder, processor: processor()}, nil
}

func (m *machine) close() { os.RemoveAll(m.folder) }

var modelName = regexp.MustCompile(`(?m)^model name\s*:\s*(.+)$`)

// processor names the processor where Linux tells.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo") // absent elsewhere
	if m := modelName.FindSubmatch(info); m != nil {
		return string(m[1])
	}
	return runtime.GOOS + "/" + runtime.GOARCH
}

// command runs a program in the checkout and returns what it prints.
func (m *machine) command(input io.Reader, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	var complaints bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stderr = m.module, env, input, &complaints
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s%s", strings.Join(cmd.Args, " "), err, out, complaints.String())
	}
	return out, nil
}

// ask runs a peer.
func (m *machine) ask(p peer, input io.Reader, args ...string) ([]byte, error) {
	words := slices.Concat(p.command, args)
	return m.command(input, peerEnv(os.Environ(), openBLAS(), m.threads), words[0], words[1:]...)
}

// timings has a peer time the works that its arguments or its input name.
func (m *machine) timings(p peer, input io.Reader, args ...string) (map[string][]timing, error) {
	args = append(args, "--seconds", fmt.Sprint(m.seconds), "--threads", strconv.Itoa(m.threads))
	out, err := m.ask(p, input, args...)
	if err != nil {
		return nil, err
	}
	return parsePeer(p.name, out)
}

// openBLAS finds Debian's OpenBLAS that shares threads with OpenMP programs.
func openBLAS() string {
	found, _ := filepath.Glob("/usr/lib/*/openblas-openmp") // the pattern is valid
	if len(found) == 0 {
		return ""
	}
	return found[0]
}

// peerEnv is the environment of peers: without the variables that pin OpenBLAS to
// the kernels of an older processor, and with the given OpenBLAS, if any.
func peerEnv(env []string, openBLAS string, threads int) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		return strings.HasPrefix(v, "OPENBLAS_CORETYPE=") || strings.HasPrefix(v, "OPENBLAS_L2_SIZE=")
	})
	if openBLAS != "" {
		env = append(env, "LD_LIBRARY_PATH="+openBLAS)
	}
	return append(env, "OMP_NUM_THREADS="+strconv.Itoa(threads))
}

// compile builds the benchmarks of a package.
func (m *machine) compile(pkg string) (binary string, err error) {
	binary = filepath.Join(m.folder, filepath.Base(pkg)+".test")
	_, err = m.command(nil, os.Environ(), "go", "test", "-c", "-o", binary, pkg)
	return binary, err
}

// benchmark runs the benchmarks that match a pattern.
func (m *machine) benchmark(binary, pattern string) ([]byte, error) {
	out, err := m.command(nil, append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(m.threads)), binary,
		"-test.run", "^$", "-test.bench", pattern, "-test.benchtime", fmt.Sprintf("%gs", m.seconds))
	if err != nil {
		return nil, err
	}
	return out, m.record(ours, string(out))
}
