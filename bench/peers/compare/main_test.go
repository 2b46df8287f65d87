package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/internal/layers"
)

func TestBenchPattern(t *testing.T) {
	top, sub, _ := strings.Cut(benchPattern("Detect/net=alex"), "/")
	require.Regexp(t, regexp.MustCompile(top), "BenchmarkDetect")
	require.NotRegexp(t, regexp.MustCompile(top), "BenchmarkDetection")
	require.Regexp(t, regexp.MustCompile(sub), "net=alex")
	require.NotRegexp(t, regexp.MustCompile(sub), "net=alexnet")
	require.Equal(t, "^BenchmarkPeak$", benchPattern("Peak"))
}

func TestLayerPattern(t *testing.T) {
	all := layers.Works()
	levels := strings.Split(layerPattern(all[1:3]), "/")
	matches := func(w layers.Work) bool {
		for i, part := range append([]string{"BenchmarkLayer", "avx2"}, strings.Split(w.Path(), "/")...) {
			if !regexp.MustCompile(levels[i]).MatchString(part) {
				return false
			}
		}
		return true
	}
	for i, w := range all {
		require.Equal(t, i == 1 || i == 2, matches(w), w.Path())
	}
}

func TestLayerLine(t *testing.T) {
	up := layers.Layer{Name: "up", In: 64, Out: 32, Side: 128, Kernel: 4, Stride: 2, Padding: 1, Transposed: true}
	w := layers.Work{Layer: up, Net: "generator", Batch: 8, Pass: "forward"}
	require.Equal(t, "net=generator/layer=up,T4x4,s2,p1,64-32@128/batch=8/pass=forward forward 8 64 32 128 4 2 1 1\n", layerLine(w))
}

func TestPeerEnv(t *testing.T) {
	env := peerEnv([]string{"HOME=/h", "OPENBLAS_CORETYPE=Haswell", "OPENBLAS_L2_SIZE=512"}, "/lib/blas", 2)
	require.Equal(t, []string{"HOME=/h", "LD_LIBRARY_PATH=/lib/blas", "OMP_NUM_THREADS=2"}, env)
}

func TestParseFlags(t *testing.T) {
	s, err := parse([]string{"-works", "Detect", "-peers", "onn", "-rounds", "2", "-peer", "a b", "-peer", "c"})
	require.NoError(t, err)
	require.Equal(t, []string{"a b", "c"}, s.commands)
	require.Equal(t, 2, s.rounds)
	require.EqualValues(t, 3, s.seconds)
	require.True(t, s.works.MatchString("Detect/net=alex"))
	require.False(t, s.peers.MatchString("torch"))
	s, err = parse([]string{"-layers"})
	require.NoError(t, err)
	require.Equal(t, 0.1, s.seconds)
	for _, bad := range [][]string{{"-works", "("}, {"-peers", "("}} {
		_, err = parse(bad)
		require.Error(t, err)
	}
	_, err = parse([]string{"-rounds", "0"})
	require.ErrorContains(t, err, "positive")
}

// Every run of ours is added to the log, and what peers took for it under its name.
func TestLog(t *testing.T) {
	echo, err := exec.LookPath("echo")
	if err != nil {
		t.Skip("there is no echo to stand for a benchmark")
	}
	log := filepath.Join(t.TempDir(), "log")
	m := &machine{settings: settings{threads: 1, seconds: 0.5, log: log}, module: "."}
	var all string
	for range 2 {
		out, err := m.benchmark(echo, "^BenchmarkA$")
		require.NoError(t, err)
		require.Contains(t, string(out), "^BenchmarkA$ -test.benchtime 0.5s")
		all += "software: trustmae\n" + string(out)
	}
	require.NoError(t, m.recordPeers("A/b=1-2", []timing{
		{Peer: "torch 1.13", Variant: "jit", Millis: 1.5, MiB: 20},
		{Peer: "oneDNN 2.6", Millis: 0.001},
	}))
	all += "software: torch-1.13-jit\nBenchmarkA/b=1-2 1 1500000 ns/op 20.0 MiB-peak\n" +
		"software: oneDNN-2.6\nBenchmarkA/b=1-2 1 1000 ns/op\n"
	got, err := os.ReadFile(log)
	require.NoError(t, err)
	require.Equal(t, all, string(got))
}

// What is missing is named together with the way to get it.
func TestMissingPeers(t *testing.T) {
	t.Setenv("PATH", "")
	m := &machine{settings: settings{peers: regexp.MustCompile("onednn|none"), layers: true}, folder: t.TempDir()}
	found, missing := m.findPeers()
	require.Empty(t, found)
	require.Len(t, missing, 1)
	require.Contains(t, missing[0], "libdnnl-dev")
}
