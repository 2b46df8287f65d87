package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// timeModels times whole models, each in a process of its own, so that memory can
// be told.
func (m *machine) timeModels(peers []peer, progress io.Writer) ([]row, error) {
	binary, err := m.compile("./bench")
	if err != nil {
		return nil, err
	}
	rows, err := m.models(peers)
	if err != nil {
		return nil, err
	}
	for round := range m.rounds {
		for i := range rows {
			if err := m.timeModel(&rows[i], binary, progress); err != nil {
				return nil, err
			}
			// so far: a run of an hour that is broken off is not lost
			fmt.Fprintf(progress, "round %d of %d %s\n", round+1, m.rounds, line(rows[i], names(rows)))
		}
	}
	return rows, nil
}

// models asks the peers for what they can do and returns an empty row for each
// work that is wanted.
func (m *machine) models(peers []peer) ([]row, error) {
	var rows []row
	for _, p := range peers {
		out, err := m.ask(p, nil, "--list")
		if err != nil {
			return nil, err
		}
		for name := range strings.Lines(string(out)) {
			name = strings.TrimSpace(name)
			if name == "" || !m.works.MatchString(name) {
				continue
			}
			at := slices.IndexFunc(rows, func(r row) bool { return r.work == name })
			if at < 0 {
				rows = append(rows, row{work: name})
				at = len(rows) - 1
			}
			rows[at].peers = append(rows[at].peers, p)
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("no peer knows a work that matches %q; try --list with a peer", m.works)
	}
	return rows, nil
}

// timeModel adds one round to a row. A peer that fails is left out of it.
func (m *machine) timeModel(r *row, binary string, progress io.Writer) error {
	out, err := m.benchmark(binary, benchPattern(r.work))
	if err != nil {
		return err
	}
	own := parseBenchmarks(out)[r.work]
	if !(own.Millis > 0) {
		return fmt.Errorf("no benchmark ran for %s; its output:\n%s", r.work, out)
	}
	r.own = append(r.own, own)
	for _, p := range r.peers {
		others, err := m.timings(p, nil, "--work", r.work)
		if err != nil {
			fmt.Fprintf(progress, "%s failed at %s: %v\n", p.name, r.work, err)
		}
		r.others = append(r.others, others[r.work]...)
		if err := m.recordPeers(own.benchmark, others[r.work]); err != nil {
			return err
		}
	}
	return nil
}

// benchPattern matches just the benchmark that times a work.
func benchPattern(work string) string {
	parts := strings.Split("Benchmark"+work, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}
