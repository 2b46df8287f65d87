package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const benchmarkOutput = `goos: linux
cpu: AMD EPYC
BenchmarkTrainStepNoVGG/batch=4,size=128-2   	       3	 700000000 ns/op	 1.0 %peak
BenchmarkTrainStep/batch=4,size=128-2   	       1	1110076294 ns/op	        34.54 %peak	       177.0 GFLOP/s	      1972 MiB-peak	15275576 B/op	   15577 allocs/op
BenchmarkLayer/avx512/net=n/layer=c,3x3,s1,p1,3-4@8/batch=1/pass=forward         	 10 	 2000000 ns/op	 88.00 %peak
BenchmarkBroken-2 1 x ns/op
PASS
`

func TestParseBenchmarks(t *testing.T) {
	got := parseBenchmarks([]byte(benchmarkOutput))
	const work, layer = "TrainStep/batch=4,size=128", "net=n/layer=c,3x3,s1,p1,3-4@8/batch=1/pass=forward"
	step := got[work]
	require.InDelta(t, 1110.076, step.Millis, 0.001)
	require.Equal(t, timing{Work: work, Millis: step.Millis, MiB: 1972, Rate: 177, Share: 34.54, benchmark: "TrainStep/batch=4,size=128-2"}, step)
	require.Equal(t, timing{Work: layer, Millis: 2, Share: 88, benchmark: "Layer/avx512/" + layer}, got[layer], "one thread: no suffix")
	require.Zero(t, got["Broken"].Millis)
	require.NotContains(t, got, "TrainStep/batch=4,size=12")
}

func TestParsePeer(t *testing.T) {
	line := `{"work": "A", "peer": "torch 1.13", "variant": "jit", "threads": 2, "mean_ms": 40.5, "peak_mib": 400}` + "\n\n"
	got, err := parsePeer("torch", []byte(line+strings.Replace(line, `"A"`, `"B"`, 1)+line))
	require.NoError(t, err)
	a := timing{Work: "A", Peer: "torch 1.13", Variant: "jit", Millis: 40.5, MiB: 400, from: "torch"}
	b := a
	b.Work = "B"
	require.Equal(t, map[string][]timing{"A": {a, a}, "B": {b}}, got)
	for name, bad := range map[string]string{
		"no work": strings.Replace(line, `"A"`, `""`, 1),
		"no time": strings.Replace(line, "mean_ms", "ms", 1),
		"no JSON": "warning: something\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parsePeer("torch", []byte(bad))
			require.ErrorContains(t, err, "torch: line")
		})
	}
}
