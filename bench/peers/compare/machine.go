package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// machine runs the two sides.
type machine struct {
	settings
	module    string // root of the checkout
	binary    string // compiled benchmarks
	processor string
}

// newMachine compiles the benchmarks.
func newMachine(s settings) (*machine, error) {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, fmt.Errorf("find the module: %w; run inside the checkout", err)
	}
	folder, err := os.MkdirTemp("", "compare")
	if err != nil {
		return nil, err
	}
	m := &machine{settings: s, module: strings.TrimSpace(string(module)), binary: filepath.Join(folder, "bench.test"), processor: processor()}
	if _, err := m.command(nil, "go", "test", "-c", "-o", m.binary, "./bench"); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

func (m *machine) close() { os.RemoveAll(filepath.Dir(m.binary)) }

var modelName = regexp.MustCompile(`(?m)^model name\s*:\s*(.+)$`)

// processor names the processor where Linux tells.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo") // absent elsewhere
	if m := modelName.FindSubmatch(info); m != nil {
		return string(m[1])
	}
	return runtime.GOOS + "/" + runtime.GOARCH
}

// command runs a program in the checkout and returns what it prints.
func (m *machine) command(env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	var errors bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stderr = m.module, env, &errors
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s%s", strings.Join(cmd.Args, " "), err, out, errors.String())
	}
	return out, nil
}

// peer runs one of the peers.
func (m *machine) peer(command string, args ...string) ([]byte, error) {
	words := append(strings.Fields(command), args...)
	return m.command(peerEnv(os.Environ(), openBLAS()), words[0], words[1:]...)
}

// openBLAS finds Debian's OpenBLAS that shares threads with OpenMP programs.
func openBLAS() string {
	found, _ := filepath.Glob("/usr/lib/*/openblas-openmp") // the pattern is valid
	if len(found) == 0 {
		return ""
	}
	return found[0]
}

// peerEnv is the environment of peers: without the variables that pin OpenBLAS to
// the kernels of an older processor, and with the given OpenBLAS, if any.
func peerEnv(env []string, openBLAS string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		return strings.HasPrefix(v, "OPENBLAS_CORETYPE=") || strings.HasPrefix(v, "OPENBLAS_L2_SIZE=")
	})
	if openBLAS != "" {
		env = append(env, "LD_LIBRARY_PATH="+openBLAS)
	}
	return env
}

// works asks the peers for what they can do and returns an empty row for each
// work that is wanted.
func (m *machine) works() ([]row, error) {
	var rows []row
	for _, peer := range m.peers {
		out, err := m.peer(peer, "--list")
		if err != nil {
			return nil, err
		}
		for name := range strings.Lines(string(out)) {
			name = strings.TrimSpace(name)
			if name == "" || !m.settings.works.MatchString(name) {
				continue
			}
			at := slices.IndexFunc(rows, func(r row) bool { return r.work == name })
			if at < 0 {
				rows = append(rows, row{work: name})
				at = len(rows) - 1
			}
			rows[at].peers = append(rows[at].peers, peer)
		}
	}
	return rows, nil
}

// time adds one round to a row.
func (m *machine) time(r *row) error {
	out, err := m.command(append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(m.threads)), m.binary,
		"-test.run", "^$", "-test.bench", benchPattern(r.work), "-test.benchtime", fmt.Sprintf("%gs", m.seconds))
	if err != nil {
		return err
	}
	own, err := parseBenchmark(r.work, out)
	if err != nil {
		return err
	}
	r.own = append(r.own, own)
	for _, peer := range r.peers {
		out, err := m.peer(peer, "--work", r.work, "--seconds", fmt.Sprint(m.seconds), "--threads", strconv.Itoa(m.threads))
		if err != nil {
			return err
		}
		others, err := parsePeer(r.work, out)
		if err != nil {
			return err
		}
		r.others = append(r.others, others...)
	}
	return nil
}

// benchPattern matches just the benchmark that times a work.
func benchPattern(work string) string {
	name, sub, found := strings.Cut(work, "/")
	pattern := "^Benchmark" + regexp.QuoteMeta(name) + "$"
	if found {
		pattern += "/^" + regexp.QuoteMeta(sub) + "$"
	}
	return pattern
}
