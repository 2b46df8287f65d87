// Command compare times this project's benchmarks and other software at the same
// work in turn, in one sitting, and prints one table with ratios:
//
//	go run ./bench/peers/compare [-works REGEXP] [-rounds 3] [-seconds 3] > table.md
//
// A peer is a program that prints the names of its works with --list, and times
// one with --work NAME --seconds S --threads N, printing a JSON object a line for
// every variant that it tries; see torch_peer.py. Progress goes to standard error.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// settings are the command's flags.
type settings struct {
	works   *regexp.Regexp
	rounds  int
	seconds float64
	threads int
	peers   []string // commands, relative to the module
}

func main() {
	s, err := parse(os.Args[1:])
	if err == nil {
		err = run(s, os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("compare", flag.ExitOnError)
	works := flags.String("works", ".", "`regexp` of the works to time")
	flags.IntVar(&s.rounds, "rounds", 3, "times that each work is timed on either side; medians count")
	flags.Float64Var(&s.seconds, "seconds", 3, "how long to time a work in each round")
	flags.IntVar(&s.threads, "threads", runtime.NumCPU(), "threads of either side")
	flags.Func("peer", "`command` of a peer; may be repeated (default \"/usr/bin/python3 bench/peers/torch_peer.py\")", func(command string) error {
		s.peers = append(s.peers, command)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if len(s.peers) == 0 {
		s.peers = []string{"/usr/bin/python3 bench/peers/torch_peer.py"}
	}
	if s.rounds < 1 || s.threads < 1 || !(s.seconds > 0) {
		return s, fmt.Errorf("%d rounds of %v seconds on %d threads, want all positive", s.rounds, s.seconds, s.threads)
	}
	var err error
	s.works, err = regexp.Compile(*works)
	return s, err
}

// run times everything and prints the table.
func run(s settings, out, progress io.Writer) error {
	m, err := newMachine(s)
	if err != nil {
		return err
	}
	defer m.close()
	rows, err := m.works()
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fmt.Errorf("no peer knows a work that matches %q; try --list with a peer", s.works)
	}
	for round := range s.rounds {
		for i := range rows {
			if err := m.time(&rows[i]); err != nil {
				return err
			}
			// so far: a run of an hour that is broken off is not lost
			fmt.Fprintf(progress, "round %d of %d %s\n", round+1, s.rounds, line(rows[i]))
		}
	}
	fmt.Fprintf(out, "%s, %d threads, %s, %s, %d rounds of %v s\n\n", m.processor, s.threads, runtime.Version(), time.Now().Format(time.DateOnly), s.rounds, s.seconds)
	_, err = io.WriteString(out, strings.Join(table(rows), "\n")+"\n")
	return err
}
