package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const benchmarkOutput = `goos: linux
cpu: AMD EPYC
BenchmarkTrainStepNoVGG/batch=4,size=128-2   	       3	 700000000 ns/op	 1.0 %peak
BenchmarkTrainStep/batch=4,size=128-2   	       1	1110076294 ns/op	        34.54 %peak	       177.0 GFLOP/s	      1972 MiB-peak	15275576 B/op	   15577 allocs/op
PASS
`

func TestParseBenchmark(t *testing.T) {
	const work = "TrainStep/batch=4,size=128"
	got, err := parseBenchmark(work, []byte(benchmarkOutput))
	require.NoError(t, err)
	require.InDelta(t, 1110.076, got.Millis, 0.001)
	require.Equal(t, timing{Work: work, Millis: got.Millis, MiB: 1972, Rate: 177, Share: 34.54}, got)

	// one thread: no suffix
	got, err = parseBenchmark(work, []byte(strings.ReplaceAll(benchmarkOutput, "-2 ", " ")))
	require.NoError(t, err)
	require.EqualValues(t, 177, got.Rate)

	_, err = parseBenchmark("TrainStep/batch=4,size=12", []byte(benchmarkOutput))
	require.ErrorContains(t, err, "no benchmark ran")
	_, err = parseBenchmark(work, []byte("BenchmarkTrainStep/batch=4,size=128-2 1 x ns/op"))
	require.Error(t, err)
}

func TestBenchPattern(t *testing.T) {
	top, sub, _ := strings.Cut(benchPattern("Detect/net=alex"), "/")
	require.Regexp(t, regexp.MustCompile(top), "BenchmarkDetect")
	require.NotRegexp(t, regexp.MustCompile(top), "BenchmarkDetection")
	require.Regexp(t, regexp.MustCompile(sub), "net=alex")
	require.NotRegexp(t, regexp.MustCompile(sub), "net=alexnet")
	require.Equal(t, "^BenchmarkPeak$", benchPattern("Peak"))
}

func TestParsePeer(t *testing.T) {
	lines := `{"work": "A", "peer": "torch 1.13", "variant": "jit", "threads": 2, "mean_ms": 40.5, "peak_mib": 400}` + "\n\n"
	got, err := parsePeer("A", []byte(lines))
	require.NoError(t, err)
	require.Equal(t, []timing{{Work: "A", Peer: "torch 1.13", Variant: "jit", Millis: 40.5, MiB: 400}}, got)
	for name, bad := range map[string]string{
		"nothing":      "\n",
		"another work": strings.Replace(lines, `"A"`, `"B"`, 1),
		"no time":      strings.Replace(lines, "mean_ms", "ms", 1),
		"no JSON":      "warning: something\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parsePeer("A", []byte(bad))
			require.Error(t, err)
		})
	}
}

func TestTable(t *testing.T) {
	lines := table([]row{{
		work: "A",
		own:  []timing{{Millis: 30, Rate: 100, Share: 20}, {Millis: 10, Rate: 400, Share: 80}, {Millis: 20, Rate: 200, Share: 40}},
		others: []timing{
			{Peer: "p", Variant: "one", Millis: 50}, {Peer: "p", Variant: "one", Millis: 60, MiB: 7}, {Peer: "p", Variant: "one", Millis: 70},
			{Peer: "p", Variant: "two", Millis: 5}, {Peer: "p", Variant: "two", Millis: 90}, {Peer: "p", Variant: "two", Millis: 95},
		},
	}})
	require.Len(t, lines, 3)
	// the variant that is fastest by its median, not by its luckiest round
	require.Equal(t, "| A | 20.0 | 200 | 40 | – | p one | 60.0 | 7 | 3.00 |", lines[2])
}

func TestPeerEnv(t *testing.T) {
	env := peerEnv([]string{"HOME=/h", "OPENBLAS_CORETYPE=Haswell", "OPENBLAS_L2_SIZE=512"}, "/lib/blas")
	require.Equal(t, []string{"HOME=/h", "LD_LIBRARY_PATH=/lib/blas"}, env)
}

func TestParseFlags(t *testing.T) {
	s, err := parse([]string{"-works", "Detect", "-rounds", "2", "-peer", "a b", "-peer", "c"})
	require.NoError(t, err)
	require.Equal(t, []string{"a b", "c"}, s.peers)
	require.Equal(t, 2, s.rounds)
	require.True(t, s.works.MatchString("Detect/net=alex"))
	_, err = parse([]string{"-works", "("})
	require.Error(t, err)
	_, err = parse([]string{"-rounds", "0"})
	require.ErrorContains(t, err, "positive")
}
