package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// ours is this project's name in the log.
const ours = "trustmae"

// record adds one side's results to the log, in the format of Go benchmarks under a
// line that names the software, so that benchstat compares the sides:
//
//	benchstat -col software -filter '.unit:ns/op' LOG
func (m *machine) record(software, results string) error {
	if m.log == "" {
		return nil
	}
	log, err := os.OpenFile(m.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(log, "software: %s\n%s", software, results)
	return errors.Join(err, log.Close())
}

// recordPeers adds what peers took for the work that a benchmark of ours times.
func (m *machine) recordPeers(benchmark string, others []timing) error {
	for _, t := range others {
		line := fmt.Sprintf("Benchmark%s 1 %.0f ns/op", benchmark, t.Millis*1e6)
		if t.MiB > 0 {
			line += fmt.Sprintf(" %.1f MiB-peak", t.MiB)
		}
		if err := m.record(strings.ReplaceAll(t.who(), " ", "-"), line+"\n"); err != nil {
			return err
		}
	}
	return nil
}
