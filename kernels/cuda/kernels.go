package cuda

import (
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/org/trustmae/internal/atomicfile"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

//go:embed cu
var sources embed.FS

// CacheVariable names the folder that compiled kernels are kept in; without it,
// trustmae/cuda in the user's cache.
const CacheVariable = "TRUSTMAE_CUDA_CACHE"

// program is one .cu file.
type program struct {
	name, text string
	kernels    []string // names of its kernels
}

// kernelName finds the kernels of a program.
var kernelName = regexp.MustCompile(`__global__ void (?:__launch_bounds__\([^)]*\) )?(\w+)\(`)

// programs reads the .cu files and what they include.
func programs() (list []program, headers map[string]string, err error) {
	entries, err := sources.ReadDir("cu")
	if err != nil {
		return nil, nil, err
	}
	headers = make(map[string]string)
	for _, e := range entries {
		text, err := sources.ReadFile("cu/" + e.Name())
		if err != nil {
			return nil, nil, err
		}
		if path.Ext(e.Name()) == ".cuh" {
			headers[e.Name()] = string(text)
			continue
		}
		p := program{name: e.Name(), text: string(text)}
		for _, m := range kernelName.FindAllStringSubmatch(p.text, -1) {
			p.kernels = append(p.kernels, m[1])
		}
		list = append(list, p)
	}
	return list, headers, nil
}

// compileOptions are NVRTC's, for a device.
func compileOptions(d driver.Device) []string {
	return []string{"--gpu-architecture=" + architecture(d), "--std=c++17", "--fmad=true", "--ftz=false", "--prec-div=true", "--prec-sqrt=true"}
}

// architecture is a device's, as in "sm_90".
func architecture(d driver.Device) string { return fmt.Sprintf("sm_%d%d", d.Major, d.Minor) }

// loadKernels compiles what the cache does not have and loads all kernels.
func loadKernels(context driver.Context, d driver.Device) (map[string]driver.Function, error) {
	compiler, err := driver.OpenCompiler()
	if err != nil {
		return nil, err
	}
	list, headers, err := programs()
	if err != nil {
		return nil, err
	}
	images, failures := make([][]byte, len(list)), make([]error, len(list))
	var group sync.WaitGroup
	for i, p := range list {
		group.Go(func() { images[i], failures[i] = compiled(compiler, p, headers, compileOptions(d)) })
	}
	group.Wait()
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	functions := make(map[string]driver.Function)
	for i, p := range list {
		module, err := context.Load(images[i])
		if err != nil {
			return nil, fmt.Errorf("loading %s (cache in %s): %w", p.name, CacheFolder(), err)
		}
		for _, name := range p.kernels {
			if functions[name], err = module.Function(name); err != nil {
				return nil, err
			}
		}
	}
	return functions, nil
}

// compiled returns a program's machine code, from the cache where it is there. A
// cache that cannot be written costs time only.
func compiled(compiler driver.Compiler, p program, headers map[string]string, options []string) ([]byte, error) {
	file := filepath.Join(CacheFolder(), cacheKey(compiler.Library().Version, p, headers, options))
	if image, err := os.ReadFile(file); err == nil {
		return image, nil
	}
	image, err := compiler.Compile(p.name, p.text, headers, options)
	if err != nil {
		return nil, err
	}
	if os.MkdirAll(filepath.Dir(file), 0o755) == nil {
		_ = atomicfile.WriteFile(file, func(w io.Writer) error {
			_, err := w.Write(image)
			return err
		})
	}
	return image, nil
}

// cacheKey names machine code by all that it depends on.
func cacheKey(version string, p program, headers map[string]string, options []string) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%q\n%q\n", version, options, p.text)
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		fmt.Fprintf(sum, "%s %q\n", name, headers[name])
	}
	return fmt.Sprintf("%s-%x.cubin", strings.TrimSuffix(p.name, ".cu"), sum.Sum(nil)[:12])
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
