package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
)

// devices are the values of --device. "auto" takes the fastest there is.
var devices = []string{"auto", "cpu"}

// deviceFlags choose what computes.
type deviceFlags struct {
	device  string
	threads int
}

func (f *deviceFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.device, "device", "auto", "what computes: "+strings.Join(devices, " or "))
	cmd.Flags().IntVar(&f.threads, "threads", 0, "threads that compute; 0: all. Results do not depend on it")
	complete(cmd, "device", devices...)
}

// complete offers the values of a flag to the shell.
func complete(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag does not exist
	}
}

// open returns the backend that the flags ask for.
func (f *deviceFlags) open(cmd *cobra.Command) (kernels.Backend, error) {
	if !slices.Contains(devices, f.device) {
		return nil, usage(cmd, "--device is %q, want %s", f.device, strings.Join(devices, " or "))
	}
	if f.threads < 0 {
		return nil, usage(cmd, "--threads is %d, want 0 (all) or more", f.threads)
	}
	return cpu.New(cpu.Options{Threads: f.threads})
}
