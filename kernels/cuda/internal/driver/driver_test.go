package driver

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestErrorsSayWhatToDo(t *testing.T) {
	e := &Error{Call: "cuMemAlloc", Code: 2, Name: "CUDA_ERROR_OUT_OF_MEMORY", Detail: "out of memory\n"}
	require.EqualError(t, e, "cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY (2): out of memory; take a smaller batch, or end other programs that use the GPU")
	require.True(t, e.OutOfMemory())
	require.False(t, (&Error{Call: "nvrtcCreateProgram", Code: 2}).OutOfMemory())
	require.EqualError(t, &NotFound{Library: "libcuda.so.1", What: "no CUDA driver", Advice: "install it"},
		"no CUDA driver: libcuda.so.1 cannot be opened; install it")
	require.EqualError(t, &NotFound{Library: "l", What: "w", Advice: "a", Reasons: []string{"wrong ELF class", "no such symbol"}},
		"w: l cannot be opened (wrong ELF class; no such symbol); a")
}

// Folders named by the environment come before the loader's, those of Python's
// packages are found, and newer versions come first.
func TestSearch(t *testing.T) {
	root := t.TempDir()
	own, venv := filepath.Join(root, "own"), filepath.Join(root, "venv")
	packages := filepath.Join(venv, "lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib")
	for _, dir := range []string{own, packages} {
		require.NoError(t, os.MkdirAll(dir, 0o755))
		for _, name := range []string{"libnvrtc.so.12", "libnvrtc-builtins.so.12.4"} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
		}
	}
	environment := map[string]string{PathVariable: own, "VIRTUAL_ENV": venv}
	dirs := folders(func(name string) string { return environment[name] })
	require.Equal(t, []string{own, ""}, dirs[:2])
	require.True(t, slices.Contains(dirs, packages))

	files := candidates([]string{own, "", packages}, []string{"libnvrtc.so.13", "libnvrtc.so.12"})
	require.Equal(t, []string{
		filepath.Join(own, "libnvrtc.so.12"), "libnvrtc.so.13", "libnvrtc.so.12", filepath.Join(packages, "libnvrtc.so.12"),
	}, files)
	require.Equal(t, filepath.Join(own, "libnvrtc-builtins.so.12.4"), builtins(files[0]))
	require.Empty(t, builtins("libnvrtc.so.12"))
}
