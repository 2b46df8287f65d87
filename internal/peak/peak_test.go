package peak

import (
	"runtime"
	"testing"
	"time"

	"github.com/klauspost/cpuid/v2"
	"github.com/stretchr/testify/require"
)

// tables are the kernel tables whose loops this processor can run.
func tables() []string {
	list := []string{"generic"}
	for table := range fmaLoops {
		if table == "avx512" && !cpuid.CPU.Supports(cpuid.AVX512F) || table == "avx2" && !cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3) {
			continue
		}
		list = append(list, table)
	}
	return list
}

func TestOf(t *testing.T) {
	threads := runtime.GOMAXPROCS(0)
	for _, table := range tables() {
		t.Run(table, func(t *testing.T) {
			p := Of(table, threads)
			t.Logf("%.1f GFLOP/s with one thread, %.1f with %d", p.One, p.All, threads)
			require.Greater(t, p.One, 0.01)
			require.Less(t, p.One, 2000., "no core does as much")
			require.Greater(t, p.All, 0.7*p.One) // stretches bear other programs
			require.Equal(t, p, Of(table, threads), "measured once")
		})
	}
}

func TestCopy(t *testing.T) {
	rate := Copy(2)
	t.Logf("%.1f GB/s", rate/1e9)
	require.Greater(t, rate, 1e8)
	require.Equal(t, rate, Copy(2), "measured once")
}

func TestHandover(t *testing.T) {
	if runtime.NumCPU() < 2 || runtime.GOMAXPROCS(0) < 2 {
		t.Skip("one processor")
	}
	took := Handover()
	t.Log(took)
	require.Greater(t, took, 10*time.Nanosecond)
	require.Less(t, took, time.Second, "even where other programs take turns")
}

func TestMeter(t *testing.T) {
	r := testing.Benchmark(func(b *testing.B) {
		NewMeter(b, "generic", 1).Compute(2e9, func() { time.Sleep(time.Millisecond) })
	})
	require.InDelta(t, 2e9/float64(r.NsPerOp()), r.Extra["GFLOP/s"], 1)
	require.InDelta(t, r.Extra["GFLOP/s"]/Of("generic", 1).All, r.Extra["%peak"]/100, 1)
	r = testing.Benchmark(func(b *testing.B) {
		NewMeter(b, "generic", 1).Move(1e6, func() { time.Sleep(time.Millisecond) })
	})
	require.InDelta(t, 1e6/float64(r.NsPerOp())*1e9/Copy(1), r.Extra["%copy"]/100, 0.01)
}

// BenchmarkPeak reports the ceilings of every table.
func BenchmarkPeak(b *testing.B) {
	for _, table := range tables() {
		b.Run(table, func(b *testing.B) { NewMeter(b, table, runtime.GOMAXPROCS(0)).Ceilings() })
	}
}
