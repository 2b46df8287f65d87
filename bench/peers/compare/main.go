// Command compare times this project's benchmarks and other software at the same
// work in turn, in one sitting, and prints one table with ratios:
//
//	go run ./bench/peers/compare [-works REGEXP] [-peers REGEXP] [-rounds 3] [-seconds 3] > table.md
//	go run ./bench/peers/compare -layers [-works REGEXP] ... > layers.md
//
// The first compares whole models, the second single layers. It takes the peers
// that it finds, PyTorch, ONNX Runtime (models that PyTorch writes) and oneDNN
// (layers only), and tells how to install the others. Progress goes to standard
// error, the results of all sides, one run a round, to the file that -log names, which
// benchstat reads with -col software.
//
// A further peer is a program that prints the names of its works with --list, and
// times one with --work NAME --seconds S --threads N, printing a JSON object a line
// for every variant that it tries; see torch_peer.py.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// settings are the command's flags.
type settings struct {
	works    *regexp.Regexp
	peers    *regexp.Regexp // by name
	layers   bool
	rounds   int
	seconds  float64
	threads  int
	log      string   // file for the results of every round; empty for none
	modules  string   // node_modules with onnxruntime-node
	commands []string // further peers
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
	peers := flags.String("peers", ".", "`regexp` of the peers to use: torch, onnxruntime, onednn")
	flags.BoolVar(&s.layers, "layers", false, "time single layers instead of models")
	flags.IntVar(&s.rounds, "rounds", 3, "times that each work is timed on every side; medians count")
	flags.Float64Var(&s.seconds, "seconds", 3, "how long to time a work in each round; -layers: 0.1")
	flags.IntVar(&s.threads, "threads", runtime.NumCPU(), "threads of every side")
	flags.StringVar(&s.log, "log", "", "`file` to append the results of every round to, for benchstat")
	flags.StringVar(&s.modules, "modules", modulesDefault(), "`folder` node_modules that holds onnxruntime-node")
	flags.Func("peer", "`command` of a further peer of models; may be repeated", func(command string) error {
		s.commands = append(s.commands, command)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	given := false
	flags.Visit(func(f *flag.Flag) { given = given || f.Name == "seconds" })
	if s.layers && !given {
		s.seconds = 0.1
	}
	if s.rounds < 1 || s.threads < 1 || !(s.seconds > 0) {
		return s, fmt.Errorf("%d rounds of %v seconds on %d threads, want all positive", s.rounds, s.seconds, s.threads)
	}
	var err error
	if s.works, err = regexp.Compile(*works); err != nil {
		return s, err
	}
	s.peers, err = regexp.Compile(*peers)
	return s, err
}

// modulesDefault is where compare looks for npm packages: outside the checkout.
func modulesDefault() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "trustmae-peers", "node_modules")
}

// run times everything and prints the table.
func run(s settings, out, progress io.Writer) error {
	m, err := newMachine(s)
	if err != nil {
		return err
	}
	defer m.close()
	peers, missing := m.findPeers()
	for _, why := range missing {
		fmt.Fprintln(progress, "not compared with", why)
	}
	if len(peers) == 0 {
		return fmt.Errorf("no peer matches %q and is installed", s.peers)
	}
	sitting := m.timeModels
	show := table
	if s.layers {
		sitting, show = m.timeLayers, layerTable
	}
	start := time.Now()
	rows, err := sitting(peers, progress)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %d threads, %s, %s, %d rounds of %v s, %.0f minutes\n\n", m.processor, s.threads, runtime.Version(),
		start.Format(time.DateOnly), s.rounds, s.seconds, time.Since(start).Minutes())
	_, err = io.WriteString(out, strings.Join(show(rows), "\n")+"\n")
	return err
}
