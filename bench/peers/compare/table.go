package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// row is a work with its timings on both sides, one of each variant a round.
type row struct {
	work   string
	peers  []string // commands that know the work
	own    []timing
	others []timing
}

// timing is one round of one program at one work.
type timing struct {
	Work    string  `json:"work"`
	Peer    string  `json:"peer"`
	Variant string  `json:"variant"`
	Millis  float64 `json:"mean_ms"`  // a call, mean over the round
	MiB     float64 `json:"peak_mib"` // largest resident memory; 0 where not known

	Rate, Share float64 // GFLOP/s and percent of the peak; own timings only
}

// who names the program and its variant.
func (t timing) who() string { return strings.TrimSpace(t.Peer + " " + t.Variant) }

// parseBenchmark reads the line of a work from the output of a Go benchmark.
func parseBenchmark(work string, out []byte) (timing, error) {
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if len(words) < 4 || !benchmarkOf(words[0], work) {
			continue
		}
		t := timing{Work: work}
		for i := 2; i+1 < len(words); i += 2 {
			v, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				return t, fmt.Errorf("benchmark line %q: %w", strings.TrimSpace(line), err)
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
		return t, nil
	}
	return timing{}, fmt.Errorf("no benchmark ran for %s; its output:\n%s", work, out)
}

// benchmarkOf tells whether a name in a benchmark's output, which may end in the
// number of threads ("-2"), is that of a work.
func benchmarkOf(name, work string) bool {
	rest, ok := strings.CutPrefix(name, "Benchmark"+work)
	if !ok || rest == "" {
		return ok
	}
	_, err := strconv.ParseUint(strings.TrimPrefix(rest, "-"), 10, 16)
	return rest[0] == '-' && err == nil
}

// parsePeer reads a peer's JSON lines.
func parsePeer(work string, out []byte) ([]timing, error) {
	var list []timing
	for line := range strings.Lines(string(out)) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		var t timing
		if err := json.Unmarshal([]byte(line), &t); err != nil {
			return nil, fmt.Errorf("a peer's line %q: %w", strings.TrimSpace(line), err)
		}
		if t.Work != work || !(t.Millis > 0) {
			return nil, fmt.Errorf("a peer's line %q: want work %q and a positive mean_ms", strings.TrimSpace(line), work)
		}
		list = append(list, t)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("a peer printed nothing for %s", work)
	}
	return list, nil
}

// table prints rows as Markdown: medians over the rounds, the fastest variant of
// the peers, and how many times as long it takes.
func table(rows []row) []string {
	lines := []string{
		"| work | ms | GFLOP/s | % of peak | MiB | fastest peer | ms | MiB | ratio |",
		"|---|---|---|---|---|---|---|---|---|",
	}
	for _, r := range rows {
		lines = append(lines, line(r))
	}
	return lines
}

// line is a row of the table.
func line(r row) string {
	own, other := median(r.own), fastest(r.others)
	return fmt.Sprintf("| %s | %s | %.0f | %.0f | %s | %s | %s | %s | %.2f |",
		r.work, digits(own.Millis), own.Rate, own.Share, mib(own.MiB), other.who(), digits(other.Millis), mib(other.MiB), other.Millis/own.Millis)
}

// median returns the timing in the middle; the lower one of an even number.
func median(list []timing) timing {
	sorted := slices.SortedFunc(slices.Values(list), func(a, b timing) int { return cmp.Compare(a.Millis, b.Millis) })
	return sorted[(len(sorted)-1)/2]
}

// fastest returns the median of the program and variant whose median is least.
func fastest(list []timing) timing {
	variants := map[string][]timing{}
	for _, t := range list {
		variants[t.who()] = append(variants[t.who()], t)
	}
	var medians []timing
	for _, v := range variants {
		medians = append(medians, median(v))
	}
	return slices.MinFunc(medians, func(a, b timing) int {
		return cmp.Or(cmp.Compare(a.Millis, b.Millis), cmp.Compare(a.who(), b.who()))
	})
}

// digits prints milliseconds to three digits.
func digits(ms float64) string {
	switch {
	case ms >= 100:
		return fmt.Sprintf("%.0f", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.2f", ms)
}

// mib prints a memory, or a dash where it is not known.
func mib(v float64) string {
	if v == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f", v)
}
