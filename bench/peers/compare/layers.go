package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/org/trustmae/internal/layers"
)

// timeLayers times single layers; in every round each side does all of them in one
// process. A peer that fails is left out of the round.
func (m *machine) timeLayers(peers []peer, progress io.Writer) ([]row, error) {
	binary, err := m.compile("./kernels/cpu")
	if err != nil {
		return nil, err
	}
	var rows []row
	var lines strings.Builder
	var wanted []layers.Work
	for _, w := range layers.Works() {
		if m.works.MatchString(w.Path()) {
			wanted = append(wanted, w)
			rows = append(rows, row{work: w.Path(), peers: peers})
			lines.WriteString(layerLine(w))
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("no layer matches %q; their names are those of BenchmarkLayer", m.works)
	}
	for round := range m.rounds {
		out, err := m.benchmark(binary, layerPattern(wanted))
		if err != nil {
			return nil, err
		}
		own := parseBenchmarks(out)
		others := make([]map[string][]timing, len(peers))
		for i, p := range peers {
			if others[i], err = m.timings(p, strings.NewReader(lines.String()), "--layers"); err != nil {
				fmt.Fprintf(progress, "%s failed: %v\n", p.name, err)
			}
		}
		for i := range rows {
			r := &rows[i]
			mine := own[r.work]
			if !(mine.Millis > 0) {
				return nil, fmt.Errorf("no benchmark ran for %s; output:\n%s", r.work, out)
			}
			r.own = append(r.own, mine)
			for _, o := range others {
				r.others = append(r.others, o[r.work]...)
				if err := m.recordPeers(mine.benchmark, o[r.work]); err != nil {
					return nil, err
				}
			}
			fmt.Fprintf(progress, "round %d of %d %s\n", round+1, m.rounds, line(*r, names(rows)))
		}
	}
	return rows, nil
}

// layerLine tells a peer of a layer: name, pass, batch, channels in and out, side,
// kernel, stride, padding, 1 if transposed.
func layerLine(w layers.Work) string {
	transposed := 0
	if w.Transposed {
		transposed = 1
	}
	return fmt.Sprintln(w.Path(), w.Pass, w.Batch, w.In, w.Out, w.Side, w.Kernel, w.Stride, w.Padding, transposed)
}

// layerPattern matches the benchmarks of the works, and others whose name is put
// together from parts of theirs.
func layerPattern(works []layers.Work) string {
	var parts [][]string // by level
	for _, w := range works {
		for level, part := range strings.Split(w.Path(), "/") {
			if level == len(parts) {
				parts = append(parts, nil)
			}
			if part = regexp.QuoteMeta(part); !slices.Contains(parts[level], part) {
				parts[level] = append(parts[level], part)
			}
		}
	}
	pattern := "^BenchmarkLayer$/." // any table
	for _, p := range parts {
		pattern += "/^(" + strings.Join(p, "|") + ")$"
	}
	return pattern
}

// layerTable prints a line for each layer and batch, with our share of the peak
// and the fastest peer for every pass.
func layerTable(rows []row) []string {
	lines := []string{"| layer | batch |", "|---|---|"}
	for _, pass := range layers.Passes {
		lines[0] += fmt.Sprintf(" %s: %% of peak | fastest peer | ratio |", pass)
		lines[1] += "---|---|---|"
	}
	cells := map[string][]string{} // by layer and batch; a cell for each pass
	for _, r := range rows {
		key, pass, _ := strings.Cut(r.work, "/pass=")
		if cells[key] == nil {
			cells[key] = slices.Repeat([]string{" – | – | – |"}, len(layers.Passes))
			lines = append(lines, key)
		}
		cell := fmt.Sprintf(" %.0f | – | – |", median(r.own).Share)
		if len(r.others) > 0 {
			other := fastest(r.others)
			cell = fmt.Sprintf(" %.0f | %s | %.2f |", median(r.own).Share, other.who(), other.Millis/median(r.own).Millis)
		}
		cells[key][slices.Index(layers.Passes, pass)] = cell
	}
	for i, key := range lines[2:] {
		layer, batch, _ := strings.Cut(key, "/batch=")
		layer = strings.Replace(strings.TrimPrefix(layer, "net="), "/layer=", " ", 1)
		lines[i+2] = "| " + strings.ReplaceAll(layer, ",", " ") + " | " + batch + " |" + strings.Join(cells[key], "")
	}
	return lines
}
