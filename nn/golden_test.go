package nn

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
)

// golden is what PyTorch computed; testdata/golden.py writes it.
type golden map[string]safetensors.Tensor

func readGolden(t *testing.T, name string) golden {
	t.Helper()
	tensors, _, err := safetensors.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	g := golden{}
	for _, x := range tensors {
		g[x.Name] = x
	}
	return g
}

// under returns the tensors below a prefix, which is taken off their names.
func (g golden) under(prefix string) []safetensors.Tensor {
	var out []safetensors.Tensor
	for name, x := range g {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			x.Name = rest
			out = append(out, x)
		}
	}
	return out
}

// input uploads a tensor as a constant.
func (g golden) input(t *testing.T, tape *autograd.Tape, name string) *autograd.Tensor {
	t.Helper()
	require.Contains(t, g, name)
	return tape.Input(g[name].Data, g[name].Shape...)
}

// variable uploads a tensor as a leaf with gradient.
func (g golden) variable(t *testing.T, tape *autograd.Tape, name string) *autograd.Tensor {
	t.Helper()
	require.Contains(t, g, name)
	return tape.Variable(g[name].Data, g[name].Shape...)
}

// requireClose compares got with the golden tensor of that name: every
// difference at most tol times the largest wanted magnitude, 1 for zeros.
func (g golden) requireClose(t *testing.T, name string, got *autograd.Tensor, tol float64) {
	t.Helper()
	require.Contains(t, g, name)
	require.NotNil(t, got, name)
	want := g[name]
	require.Equal(t, want.Shape, got.Shape(), name)
	scale := 0.0
	for _, v := range want.Data {
		scale = max(scale, math.Abs(float64(v)))
	}
	if scale == 0 {
		scale = 1
	}
	for i, v := range got.Data() {
		if diff := math.Abs(float64(v) - float64(want.Data[i])); !(diff <= tol*scale) {
			t.Fatalf("%s[%d] = %v, want %v (difference %.3g, allowed %.3g)", name, i, v, want.Data[i], diff, tol*scale)
		}
	}
}

// requireState compares every entry with the golden tensor prefix+name, and
// that there are no further golden tensors.
func (g golden) requireState(t *testing.T, prefix string, entries []Entry, tol float64) {
	t.Helper()
	require.Len(t, g.under(prefix), len(entries), prefix)
	for _, e := range entries {
		g.requireClose(t, prefix+e.Name, e.Tensor, tol)
	}
}

// backend computes all tests of the package.
var backend = func() kernels.Backend {
	b, err := cpu.Default()
	if err != nil {
		panic(err)
	}
	return b
}()

// newTape returns an empty tape.
func newTape() *autograd.Tape { return autograd.NewTape(backend) }
