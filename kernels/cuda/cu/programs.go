// Package cu holds the kernels: each .cu file is a program, which NVRTC compiles
// for the device at run time, and .cuh files are what they include. Kernels use no
// headers of a toolkit, so that the compiler alone is enough.
package cu

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"regexp"
)

//go:embed *.cu *.cuh
var files embed.FS

// Program is one .cu file.
type Program struct {
	Name, Text string
	Kernels    []string // names of its kernels
	Tensor     bool     // needs the tensor cores of compute capability 8.0
	Warpgroup  bool     // needs what only sm_90a has
}

// kernel finds the kernels of a program.
var kernel = regexp.MustCompile(`__global__ void (?:__launch_bounds__\([^)]*\) )?(\w+)\(`)

// Programs returns the .cu files, and what they include by name.
func Programs() (list []Program, headers map[string]string, err error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, nil, err
	}
	headers = make(map[string]string)
	for _, e := range entries {
		text, err := files.ReadFile(e.Name())
		if err != nil {
			return nil, nil, err
		}
		if path.Ext(e.Name()) == ".cuh" {
			headers[e.Name()] = string(text)
			continue
		}
		p := Program{Name: e.Name(), Text: string(text), Tensor: includes(text, "tensor.cuh"), Warpgroup: includes(text, "hopper.cuh")}
		for _, m := range kernel.FindAllStringSubmatch(p.Text, -1) {
			p.Kernels = append(p.Kernels, m[1])
		}
		list = append(list, p)
	}
	return list, headers, nil
}

func includes(text []byte, header string) bool {
	return bytes.Contains(text, fmt.Appendf(nil, "#include %q", header))
}

// HopperArchitecture is that of compute capability 9.0 with the instructions that no
// later one has.
const HopperArchitecture = "sm_90a"

// Architecture is a compute capability's name, as in "sm_90".
func Architecture(major, minor int) string { return fmt.Sprintf("sm_%d%d", major, minor) }

// Options are NVRTC's for an architecture: C++17, and arithmetic as IEEE 754 says
// but for a product and a sum rounded once.
func Options(architecture string) []string {
	return []string{"--gpu-architecture=" + architecture, "--std=c++17", "--fmad=true", "--ftz=false", "--prec-div=true", "--prec-sqrt=true"}
}
