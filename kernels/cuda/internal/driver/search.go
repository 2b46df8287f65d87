package driver

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// PathVariable names folders to look for libraries in before all others,
// separated as in PATH.
const PathVariable = "TRUSTMAE_CUDA_PATH"

// folders lists where the libraries of a toolkit lie on many machines: named by
// the environment, a toolkit's own folders, the system's, and those that come
// with packages of Python. "" stands for the loader's own search.
func folders(getenv func(string) string) []string {
	var list []string
	list = append(list, filepath.SplitList(getenv(PathVariable))...)
	list = append(list, "")
	for _, v := range []string{"CUDA_HOME", "CUDA_PATH"} {
		if dir := getenv(v); dir != "" {
			list = append(list, filepath.Join(dir, "lib64"), filepath.Join(dir, "lib"))
		}
	}
	patterns := []string{"/usr/local/cuda/lib64", "/usr/local/cuda-*/lib64", "/opt/cuda/lib64", "/usr/lib/*-linux-gnu", "/usr/lib64"}
	for _, root := range pythons(getenv) {
		patterns = append(patterns, root+"/nvidia/*/lib")
	}
	for _, p := range patterns {
		found, _ := filepath.Glob(p) // the only error is a bad pattern
		slices.Reverse(found)        // newer versions first
		list = append(list, found...)
	}
	return list
}

// pythons are patterns of folders with installed packages.
func pythons(getenv func(string) string) []string {
	var list []string
	for _, v := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if dir := getenv(v); dir != "" {
			list = append(list, dir+"/lib/python3*/site-packages")
		}
	}
	if home := getenv("HOME"); home != "" {
		list = append(list, home+"/.local/lib/python3*/site-packages")
	}
	return append(list, "/usr/local/lib/python3*/dist-packages", "/usr/local/lib/python3*/site-packages",
		"/usr/lib/python3*/site-packages", "/usr/lib/python3/dist-packages", "/opt/conda/lib/python3*/site-packages")
}

// candidates lists the files to try for a library, given the names that its
// versions have, newest first.
func candidates(dirs, names []string) []string {
	var list []string
	for _, dir := range dirs {
		for _, name := range names {
			if dir == "" {
				list = append(list, name)
				continue
			}
			path := filepath.Join(dir, name)
			if _, err := os.Stat(path); err == nil {
				list = append(list, path)
			}
		}
	}
	return list
}

// builtins is the library that a compiler at path needs and looks for on the
// loader's path only, "" where it does not lie beside it.
func builtins(path string) string {
	if !strings.Contains(path, "/") {
		return ""
	}
	found, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "libnvrtc-builtins.so*"))
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}
