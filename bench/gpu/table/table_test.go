package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const timings = `goos: linux
BenchmarkCopy-16        	     100	  1000 ns/op	      4000 GB/s	 0.1 best-ms	 0.1 median-ms
BenchmarkMatMul/f32-16         	     100	  1000 ns/op	        50 TFLOP/s
BenchmarkMatMul/tf32-16         	     100	  1000 ns/op	       400 TFLOP/s
BenchmarkGenerator/batch=1-16 	     100	  1000 ns/op	 0.9 best-ms	 1.0 median-ms
BenchmarkTrainStep-16 	       1	  1000 ns/op	 19 best-ms	 20 median-ms	 6000 step-GFLOP	 20 step-GB
--- FAIL: BenchmarkDetect/batch=64
PASS
`

const torch = `some warning
{"work": "TrainStep", "variant": "eager", "median_ms": 31, "torch": "2.11"}
{"work": "TrainStep", "variant": "compiled", "error": "RuntimeError: no compiler"}
{"work": "Generator/batch=1", "variant": "eager", "median_ms": 1.9}
{"work": "Detect/batch=64", "variant": "eager", "median_ms": 50}
{"work": "MatMul", "variant": "tf32", "median_ms": 1, "rate": 500}
`

func table(timings, torch string) string {
	var out strings.Builder
	print(&out, readGo(strings.NewReader(timings)), readTorch(strings.NewReader(torch)))
	return out.String()
}

func TestTable(t *testing.T) {
	got := table(timings, torch)
	for _, row := range []string{
		`products tf32, TFLOP/s +400 +500`,
		`copy, GB/s +4000 +not measured`,
		`TrainStep, PyTorch eager +20.000 ms +31.000 ms +1.55 +1.5 +yes`,
		`TrainStep, PyTorch compiled +20.000 ms +RuntimeError: no compiler +1.0 +not measured`,
		`Generator/batch=1, PyTorch eager +1.000 ms +1.900 ms +1.90 +2.0 +NO`,
		`Detect/batch=64, PyTorch eager +not measured +50.000 ms +1.2 +not measured`,
		`TrainStep, times its bound +20.000 ms +bound 12.000 ms +1.67 +2 +yes`,
		`operations 6000 GFLOP: 12.000 ms; bytes 20.0 GB: 5.000 ms`,
	} {
		require.Regexp(t, row, got)
	}
}

// Nothing measured is said in every row, and is no aim met.
func TestTableOfNothing(t *testing.T) {
	got := table("", "")
	require.NotContains(t, got, "yes")
	require.NotContains(t, got, "NaN")
	require.Equal(t, len(aims)+1+3, strings.Count(got, "not measured\n"), got)
	require.NotPanics(t, func() { readGo(open("/nonexistent")) })
}
