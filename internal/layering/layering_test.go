package layering

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/org/trustmae/"

// layers from the bottom up; a package may import its own layer and those before.
var layers = []string{"kernels", "autograd", "nn", "perceptual", "memae"}

// tops stand on all layers and not on each other.
var tops = []string{"apps", "bench"}

// tensorless packages must not reach a tensor, however many imports away.
var tensorless = []string{"memae/dataset", "memae/metrics", "memae/heatmap", "memae/synthetic"}

// libraries are what core packages may import from outside the module; tests may
// use testify as well.
var libraries = []string{
	"gonum.org/v1/gonum",
	"github.com/klauspost/cpuid/v2",
	"golang.org/x/sys",
	"golang.org/x/image",
}

const testLibrary = "github.com/stretchr/testify"

// pkg is what `go list` tells of a package.
type pkg struct {
	ImportPath   string
	Standard     bool
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Standard,Imports,TestImports,XTestImports,Deps", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("go list: %s", failed.Stderr)
	}
	require.NoError(t, err)
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImports(t *testing.T) {
	all := list(t)
	require.Greater(t, len(all), 5, "go list found too few packages to mean anything")
	for _, p := range all {
		for _, fault := range faults(p) {
			t.Error(fault)
		}
	}
}

// The rules must be able to fail.
func TestFaults(t *testing.T) {
	tests := []struct {
		name string
		pkg  pkg
		want string // part of the only fault; "" for none
	}{
		{"down", pkg{ImportPath: module + "nn", Imports: []string{"fmt", module + "autograd", module + "internal/x"}}, ""},
		{"up", pkg{ImportPath: module + "autograd", Imports: []string{module + "nn"}}, "autograd imports nn"},
		{"up in a test", pkg{ImportPath: module + "kernels/cpu", XTestImports: []string{module + "autograd"}}, "kernels/cpu imports autograd"},
		{"application", pkg{ImportPath: module + "memae", Imports: []string{module + "apps/trustmae"}}, "memae imports apps/trustmae"},
		{"sideways", pkg{ImportPath: module + "bench", Imports: []string{module + "apps/trustmae"}}, "bench imports apps/trustmae"},
		{"internal", pkg{ImportPath: module + "internal/x", Imports: []string{module + "kernels"}}, "internal/x imports kernels"},
		{"internal on internal", pkg{ImportPath: module + "internal/x", Imports: []string{module + "internal/y"}}, ""},
		{"backend", pkg{ImportPath: module + "nn", Imports: []string{module + "kernels/cpu"}}, "nn imports kernels/cpu"},
		{"backend in a test", pkg{ImportPath: module + "nn", TestImports: []string{module + "kernels/cpu"}}, ""},
		{"library", pkg{ImportPath: module + "nn", Imports: []string{"github.com/spf13/cobra"}}, "nn imports github.com/spf13/cobra"},
		{"library of an application", pkg{ImportPath: module + "apps/trustmae", Imports: []string{"github.com/spf13/cobra"}}, ""},
		{"test library", pkg{ImportPath: module + "nn", TestImports: []string{testLibrary + "/require"}}, ""},
		{"test library in code", pkg{ImportPath: module + "nn", Imports: []string{testLibrary + "/require"}}, "nn imports " + testLibrary},
		{"tensors", pkg{ImportPath: module + "memae/metrics", Deps: []string{"fmt", module + "kernels"}}, "memae/metrics reaches kernels"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := faults(tt.pkg)
			if tt.want == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Contains(t, got[0], tt.want)
		})
	}
}

// faults lists what a package imports against the rules.
func faults(p pkg) []string {
	name := strings.TrimPrefix(p.ImportPath, module)
	tests := slices.Concat(p.TestImports, p.XTestImports)
	var out []string
	for _, to := range slices.Concat(p.Imports, tests) {
		inTest := !slices.Contains(p.Imports, to)
		if why := forbidden(name, to, inTest); why != "" {
			out = append(out, name+" imports "+strings.TrimPrefix(to, module)+": "+why)
		}
	}
	if slices.Contains(tensorless, name) {
		for _, to := range p.Deps {
			if inner, ok := strings.CutPrefix(to, module); ok && rank(inner) >= 0 && !slices.Contains(tensorless, inner) {
				out = append(out, name+" reaches "+inner+": it must know no tensors")
			}
		}
	}
	return out
}

// forbidden says why a package must not import another, "" where it may.
func forbidden(from, to string, inTest bool) string {
	inner, own := strings.CutPrefix(to, module)
	switch {
	case !own && strings.Contains(strings.SplitN(to, "/", 2)[0], "."):
		return foreign(from, to, inTest)
	case !own || top(inner) == "internal" || top(inner) == top(from):
		return ""
	case top(from) == "internal" && !inTest:
		return "internal packages stand below all layers"
	case slices.Contains(tops, top(inner)):
		return "applications and benchmarks are for nobody to import"
	case slices.Contains(tops, top(from)) || top(from) == "internal":
		return ""
	case rank(inner) > rank(from):
		return "the layers are " + strings.Join(layers, " <- ") + " <- " + strings.Join(tops, ", ")
	case strings.HasPrefix(inner, "kernels/") && rank(from) > rank("autograd") && !inTest:
		return "above autograd only applications and benchmarks name a backend"
	}
	return ""
}

// foreign says why a package must not import a library.
func foreign(from, to string, inTest bool) string {
	is := func(library string) bool { return to == library || strings.HasPrefix(to, library+"/") }
	switch {
	case slices.Contains(tops, top(from)), slices.ContainsFunc(libraries, is), inTest && is(testLibrary):
		return ""
	}
	return "core packages take the standard library, " + strings.Join(libraries, ", ") + ", and testify in tests"
}

// top is the first part of a package's name.
func top(name string) string {
	first, _, _ := strings.Cut(name, "/")
	return first
}

// rank is the layer of a package; tops rank above all, internal below.
func rank(name string) int {
	if slices.Contains(tops, top(name)) {
		return len(layers)
	}
	return slices.Index(layers, top(name))
}
