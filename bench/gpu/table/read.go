package main

import (
	"bufio"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// metrics are a benchmark's figures by unit, such as "median-ms".
type metrics map[string]float64

// processors is what the testing package adds to a benchmark's name.
var processors = regexp.MustCompile(`-\d+$`)

// readGo reads benchmark lines by name, without "Benchmark". A benchmark that
// failed has none.
func readGo(r io.Reader) map[string]metrics {
	found := make(map[string]metrics)
	for scan := bufio.NewScanner(r); scan.Scan(); {
		fields := strings.Fields(scan.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := processors.ReplaceAllString(strings.TrimPrefix(fields[0], "Benchmark"), "")
		m := make(metrics)
		for i := 2; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				m[fields[i+1]] = v
			}
		}
		found[name] = m
	}
	return found
}

// timed is a line of torch_peer.py.
type timed struct {
	Work, Variant, Torch, Error string
	Median                      float64 `json:"median_ms"`
	Rate                        float64 // TFLOP/s or GB/s; 0 for other works
}

// readTorch reads the peer's lines by work and variant, leaving others out.
func readTorch(r io.Reader) map[[2]string]timed {
	found := make(map[[2]string]timed)
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		var line timed
		if json.Unmarshal(scan.Bytes(), &line) == nil && line.Work != "" {
			found[[2]string{line.Work, line.Variant}] = line
		}
	}
	return found
}
