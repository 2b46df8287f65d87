package cuda

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/org/trustmae/internal/atomicfile"
	"github.com/org/trustmae/kernels/cuda/cu"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// CacheVariable names the folder that compiled kernels are kept in; without it,
// trustmae/cuda in the user's cache.
const CacheVariable = "TRUSTMAE_CUDA_CACHE"

// loadKernels compiles what the cache does not have and loads all kernels.
func loadKernels(context driver.Context, d driver.Device) (map[string]driver.Function, error) {
	compiler, err := driver.OpenCompiler()
	if err != nil {
		return nil, err
	}
	list, headers, err := cu.Programs()
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(p cu.Program) bool {
		return p.Tensor && !hasTensorCores(d) || p.Warpgroup && !hasWarpgroups(d, compiler.Library().Version)
	})
	images, failures := make([][]byte, len(list)), make([]error, len(list))
	var group sync.WaitGroup
	for i, p := range list {
		group.Go(func() {
			architecture := cu.Architecture(d.Major, d.Minor)
			if p.Warpgroup {
				architecture = cu.HopperArchitecture
			}
			images[i], failures[i] = compiled(compiler, p, headers, cu.Options(architecture))
		})
	}
	group.Wait()
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	functions := make(map[string]driver.Function)
	for i, p := range list {
		module, err := context.Load(images[i])
		if err != nil {
			return nil, fmt.Errorf("loading %s: %w", p.Name, err)
		}
		for _, name := range p.Kernels {
			if functions[name], err = module.Function(name); err != nil {
				return nil, err
			}
		}
	}
	return functions, nil
}

// compiled returns a program's machine code, from the cache where it is there and
// whole. A cache that cannot be written costs time only.
func compiled(compiler driver.Compiler, p cu.Program, headers map[string]string, options []string) ([]byte, error) {
	file := filepath.Join(CacheFolder(), cacheKey(compiler.Library().Version, p, headers, options))
	if text, err := os.ReadFile(file); err == nil {
		if image, ok := unseal(text); ok {
			return image, nil
		}
	}
	image, _, err := compiler.Compile(p.Name, p.Text, headers, options)
	if err != nil {
		return nil, err
	}
	if os.MkdirAll(filepath.Dir(file), 0o755) == nil {
		_ = atomicfile.WriteFile(file, func(w io.Writer) error {
			_, err := w.Write(seal(image))
			return err
		})
	}
	return image, nil
}

// seal appends the checksum by which a damaged file is told from a whole one. The
// driver cannot be asked: it is not told where an image ends.
func seal(image []byte) []byte {
	sum := sha256.Sum256(image)
	return slices.Concat(image, sum[:])
}

// unseal returns what was sealed, or false for anything else.
func unseal(text []byte) (image []byte, ok bool) {
	n := len(text) - sha256.Size
	if n < 0 {
		return nil, false
	}
	sum := sha256.Sum256(text[:n])
	return text[:n], bytes.Equal(text[n:], sum[:])
}

// cacheKey names machine code by all that it depends on.
func cacheKey(version string, p cu.Program, headers map[string]string, options []string) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%q\n%q\n", version, options, p.Text)
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		fmt.Fprintf(sum, "%s %q\n", name, headers[name])
	}
	return fmt.Sprintf("%s-%x.cubin", strings.TrimSuffix(p.Name, ".cu"), sum.Sum(nil)[:12])
}

// CacheFolder is where compiled kernels are kept.
func CacheFolder() string {
	if dir := os.Getenv(CacheVariable); dir != "" {
		return dir
	}
	root, err := os.UserCacheDir()
	if err != nil {
		root = os.TempDir()
	}
	return filepath.Join(root, "trustmae", "cuda")
}
