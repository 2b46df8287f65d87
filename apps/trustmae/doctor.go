package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/kernels/cuda"
)

func newDoctor(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Print what can compute here, and test it",
		Long: `Print what can compute here: processor, GPUs, CUDA driver and libraries with
their versions and places, and why a GPU cannot be used. Every device that can
be used computes for a second, a GPU in every precision, and is compared with
plain code on the processor.`,
		Args: wantArgs(false),
		RunE: func(*cobra.Command, []string) error { return s.doctor() },
	}
}

// doctor prints the report. A device that computes wrongly is an error, a missing
// one is not.
func (s *session) doctor() error {
	processor, err := cpu.Default()
	if err != nil {
		return err
	}
	plain, err := cpu.New(cpu.Options{Table: "generic"})
	if err != nil {
		return err
	}
	found := cuda.Find()
	fmt.Fprintf(s.stdout, "trustmae   %s, %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(s.stdout, "processor  %s, %s\n", processor.Name(), plural(processor.Threads(), "thread"))
	for _, l := range found.Libraries {
		fmt.Fprintf(s.stdout, "library    %s %s, %s\n", l.Name, l.Version, l.Path)
	}
	for _, d := range found.Devices {
		fmt.Fprintf(s.stdout, "device     cuda:%d %s, compute capability %d.%d, %d multiprocessors, %.1f GiB\n",
			d.Index, d.Name, d.Major, d.Minor, d.Multiprocessors, float64(d.Memory)/(1<<30))
	}
	for _, absent := range found.Absent {
		fmt.Fprintf(s.stdout, "without    %v\n", absent)
	}
	for _, missing := range found.Missing {
		fmt.Fprintf(s.stdout, "no GPU     %v\n", missing)
	}
	faults := s.examine(processor, plain, selfTestTolerance)
	if len(found.Missing) == 0 {
		fmt.Fprintf(s.stdout, "kernels    compiled once, kept in %s\n", cuda.CacheFolder())
		for _, d := range found.Devices {
			faults += s.examineGPU(d, plain)
		}
	}
	if faults > 0 {
		return fmt.Errorf("doctor: %s failed; do not trust results of that device", plural(faults, "test"))
	}
	return nil
}

// examineGPU tests a device in every precision and returns the number of faults.
func (s *session) examineGPU(d cuda.Device, plain kernels.Backend) (faults int) {
	for _, p := range cuda.Precisions(d) {
		gpu, err := cuda.Open(cuda.Options{Device: d.Index, Precision: p})
		if err != nil {
			fmt.Fprintf(s.stdout, "test       cuda:%d: %v\n", d.Index, err)
			return faults + 1
		}
		faults += s.examine(gpu, plain, selfTestTolerance+4*p.Rounding())
		fmt.Fprintf(s.stdout, "convolve   %s: %s\n", gpu.Name(), gpu.Convolutions())
		fmt.Fprintf(s.stdout, "multiply   %s: %s\n", gpu.Name(), gpu.Products())
	}
	return faults
}

// examine tests a backend for a second and prints the outcome; it returns the
// number of faults, 0 or 1.
func (s *session) examine(b, plain kernels.Backend, tolerance float64) int {
	start, rounds := time.Now(), 0
	for ; rounds == 0 || time.Since(start) < time.Second; rounds++ {
		if bad, err := selfTest(b, plain, uint64(rounds), tolerance); err != nil {
			fmt.Fprintf(s.stdout, "test       %s: %v\n", b.Name(), err)
			return 1
		} else if len(bad) > 0 {
			fmt.Fprintf(s.stdout, "test       %s: WRONG results: %s\n", b.Name(), strings.Join(bad, ", "))
			return 1
		}
	}
	fmt.Fprintf(s.stdout, "test       %s: %s right, %s\n", b.Name(), plural(rounds, "round"), time.Since(start).Round(10*time.Millisecond))
	return 0
}
