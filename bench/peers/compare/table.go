package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// row is a work with its timings on all sides, one of each variant a round.
type row struct {
	work   string
	peers  []peer // that know the work
	own    []timing
	others []timing
}

// table prints rows as Markdown: medians over the rounds, every peer's fastest
// variant, and how many times as long the fastest peer takes.
func table(rows []row) []string {
	peers := names(rows)
	head, rule := "| work | ms | GFLOP/s | % of peak | MiB |", "|---|---|---|---|---|"
	for _, p := range peers {
		head += " " + p + " ms | MiB |"
		rule += "---|---|"
	}
	lines := []string{head + " ratio |", rule + "---|"}
	for _, r := range rows {
		lines = append(lines, line(r, peers))
	}
	return lines
}

// names lists the peers of all rows in the order in which they were found.
func names(rows []row) []string {
	var list []string
	for _, r := range rows {
		for _, p := range r.peers {
			if !slices.Contains(list, p.name) {
				list = append(list, p.name)
			}
		}
	}
	return list
}

// line is a row of the table.
func line(r row, peers []string) string {
	own := median(r.own)
	s := fmt.Sprintf("| %s | %s | %.0f | %.0f | %s |", r.work, digits(own.Millis), own.Rate, own.Share, mib(own.MiB))
	for _, p := range peers {
		of := slices.DeleteFunc(slices.Clone(r.others), func(t timing) bool { return t.from != p })
		if len(of) == 0 {
			s += " – | – |"
			continue
		}
		best := fastest(of)
		s += fmt.Sprintf(" %s %s | %s |", digits(best.Millis), best.Variant, mib(best.MiB))
	}
	if len(r.others) == 0 {
		return s + " – |"
	}
	return s + fmt.Sprintf(" %.2f |", fastest(r.others).Millis/own.Millis)
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
		return cmp.Or(cmp.Compare(a.Millis, b.Millis), strings.Compare(a.who(), b.who()))
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
