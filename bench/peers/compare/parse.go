package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// timing is one round of one program at one work.
type timing struct {
	Work    string  `json:"work"`
	Peer    string  `json:"peer"` // with its version
	Variant string  `json:"variant"`
	Millis  float64 `json:"mean_ms"`  // a call, mean over the round
	MiB     float64 `json:"peak_mib"` // largest resident memory; 0 where not known

	Rate, Share float64 // GFLOP/s and percent of the peak; own timings only
	benchmark   string  // with the threads, as it is printed; own timings only
	from        string  // the peer's name among peers
}

// who names the program and its variant.
func (t timing) who() string { return strings.TrimSpace(t.Peer + " " + t.Variant) }

// benchmarkLine is a line of results: name, threads, iterations, values.
var benchmarkLine = regexp.MustCompile(`^Benchmark((\S+?)(?:-\d+)?)\s+\d+\s+(\S.*)$`)

// parseBenchmarks reads the results of Go benchmarks by work.
func parseBenchmarks(out []byte) map[string]timing {
	results := map[string]timing{}
	for line := range strings.Lines(string(out)) {
		m := benchmarkLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		t := timing{Work: workOf(m[2]), benchmark: m[1]}
		words := strings.Fields(m[3])
		for i := 0; i+1 < len(words); i += 2 {
			v, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				break // not a line of results after all
			}
			switch words[i+1] {
			case "ns/op":
				t.Millis = v / 1e6
			case "GFLOP/s":
				t.Rate = v
			case "%peak":
				t.Share = v
			case "MiB-peak":
				t.MiB = v
			}
		}
		results[t.Work] = t
	}
	return results
}

// workOf is the work that a benchmark times; of a layer it leaves out the table of
// kernels.
func workOf(benchmark string) string {
	if rest, ok := strings.CutPrefix(benchmark, "Layer/"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		return rest
	}
	return benchmark
}

// parsePeer reads a peer's JSON lines by work.
func parsePeer(name string, out []byte) (map[string][]timing, error) {
	results := map[string][]timing{}
	for line := range strings.Lines(string(out)) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		t := timing{from: name}
		if err := json.Unmarshal([]byte(line), &t); err != nil {
			return nil, fmt.Errorf("%s: line %q: %w", name, strings.TrimSpace(line), err)
		}
		if t.Work == "" || !(t.Millis > 0) {
			return nil, fmt.Errorf("%s: line %q: want a work and a positive mean_ms", name, strings.TrimSpace(line))
		}
		results[t.Work] = append(results[t.Work], t)
	}
	return results, nil
}
