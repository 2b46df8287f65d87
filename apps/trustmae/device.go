package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/kernels/cuda"
)

// devices are the values of --device, beside cuda:N for one of several GPUs.
// "auto" takes the fastest there is.
var devices = []string{"auto", "cpu", "cuda"}

// precisions are the values of --precision, from the most exact.
var precisions = []string{"f32", "tf32", "bf16"}

// deviceFlags choose what computes.
type deviceFlags struct {
	device        string
	threads       int
	precision     string
	deterministic bool
}

func (f *deviceFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.device, "device", "auto", "what computes: "+strings.Join(devices, ", ")+" or cuda:N, the GPU of that number")
	cmd.Flags().IntVar(&f.threads, "threads", 0, "threads that compute; 0: all. Results do not depend on it")
	cmd.Flags().StringVar(&f.precision, "precision", cuda.TF32.String(), "what convolutions on a GPU round their operands to: "+strings.Join(precisions, ", "))
	cmd.Flags().BoolVar(&f.deterministic, "deterministic", false, "on a GPU: nothing that computes is chosen by timing, so that every run gives the same bits; on the processor they do always")
	complete(cmd, "device", devices...)
	complete(cmd, "precision", precisions...)
}

// complete offers the values of a flag to the shell.
func complete(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag does not exist
	}
}

// open returns the backend that the flags ask for, and says which auto took.
func (f *deviceFlags) open(cmd *cobra.Command, s *session) (kernels.Backend, error) {
	name, number, numbered := strings.Cut(f.device, ":")
	index, err := 0, error(nil)
	if numbered {
		index, err = strconv.Atoi(number)
	}
	if !slices.Contains(devices, name) || numbered && (name != "cuda" || err != nil || index < 0) {
		return nil, usage(cmd, "--device is %q, want %s or cuda:N", f.device, strings.Join(devices, ", "))
	}
	if f.threads < 0 {
		return nil, usage(cmd, "--threads is %d, want 0 (all) or more", f.threads)
	}
	precision, err := cuda.ParsePrecision(f.precision)
	if err != nil {
		return nil, usage(cmd, "--%w", err)
	}
	if name == "cpu" {
		return f.openCPU(cmd, s)
	}
	gpu, err := cuda.Open(cuda.Options{Device: index, Precision: precision, Deterministic: f.deterministic})
	if err == nil {
		s.inform("computing on %s", gpu.Name())
		return gpu, nil
	}
	if name == "cuda" {
		return nil, fmt.Errorf("--device %s: %w; see trustmae doctor", f.device, err)
	}
	processor, cpuErr := f.openCPU(cmd, s)
	if cpuErr == nil {
		s.inform("computing on %s; no GPU: %s (see trustmae doctor)", processor.Name(), cuda.Reason(err))
	}
	return processor, cpuErr
}

// openCPU returns the processor's backend, which has one precision only.
func (f *deviceFlags) openCPU(cmd *cobra.Command, s *session) (kernels.Backend, error) {
	if cmd.Flags().Changed("precision") && f.precision != cuda.F32.String() {
		s.note("--precision %s is for GPUs; the processor computes in single precision", f.precision)
	}
	return cpu.New(cpu.Options{Threads: f.threads})
}
