package gradcheck_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ag "github.com/org/trustmae/autograd"
	"github.com/org/trustmae/autograd/gradcheck"
	"github.com/org/trustmae/kernels/cpu"
)

// recorder collects failures instead of failing.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper() {}

func (r *recorder) Error(args ...any) { r.failures = append(r.failures, fmt.Sprint(args...)) }

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// TestCheck shows that right gradients pass and every kind of wrong one fails.
func TestCheck(t *testing.T) {
	b, err := cpu.New(cpu.Options{Threads: 1})
	require.NoError(t, err)
	for _, c := range []struct {
		name string
		f    gradcheck.Func
		o    gradcheck.Options
		want string // part of the failure; empty: none
	}{
		{"right", func(t *ag.Tape, x []*ag.Tensor) *ag.Tensor { return t.Mul(x[0], x[1]) }, gradcheck.Options{}, ""},
		{"half of the gradient", func(t *ag.Tape, x []*ag.Tensor) *ag.Tensor {
			return t.Mul(t.Mul(x[0], t.Detach(x[0])), x[1])
		}, gradcheck.Options{}, "input 0 [3 4], element"},
		{"1 % wrong", func(t *ag.Tape, x []*ag.Tensor) *ag.Tensor {
			return t.Add(t.Mul(x[0], x[1]), t.MulScalar(t.Detach(x[1]), 0.01))
		}, gradcheck.Options{}, "input 1 [3 4], element"},
		{"no dependence", func(t *ag.Tape, x []*ag.Tensor) *ag.Tensor { return t.Square(x[0]) }, gradcheck.Options{}, "input 1 (shape [3 4]): no gradient"},
		{"no gradient at all", func(t *ag.Tape, x []*ag.Tensor) *ag.Tensor { return t.Detach(x[0]) }, gradcheck.Options{}, "depends on no input"},
		{"not a number", func(t *ag.Tape, x []*ag.Tensor) *ag.Tensor { return t.Mul(t.Log(x[0]), x[1]) }, gradcheck.Options{}, "element"},
		{"kinks everywhere", func(t *ag.Tape, x []*ag.Tensor) *ag.Tensor {
			y := x[0]
			for range 6 {
				y = t.AddScalar(t.Abs(t.MulScalar(y, 3)), -1)
			}
			return t.Mul(y, x[1])
		}, gradcheck.Options{Kinks: 0.1, Step: 0.1}, "next to a kink"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inputs := []*ag.Tensor{gradcheck.Leaf(b, 1, -1, 1, 3, 4), gradcheck.Leaf(b, 2, -1, 1, 3, 4)}
			r := &recorder{TB: t}
			gradcheck.Check(r, c.f, inputs, c.o)
			if c.want == "" {
				assert.Empty(t, r.failures)
			} else {
				assert.Contains(t, fmt.Sprint(r.failures), c.want)
			}
		})
	}
}

// TestCheckRestores leaves the inputs as they were.
func TestCheckRestores(t *testing.T) {
	b, err := cpu.New(cpu.Options{Threads: 1})
	require.NoError(t, err)
	x := gradcheck.Leaf(b, 1, -1, 1, 9)
	before := x.Data()
	gradcheck.Check(t, func(t *ag.Tape, x []*ag.Tensor) *ag.Tensor { return t.Square(x[0]) }, []*ag.Tensor{x}, gradcheck.Options{})
	assert.Equal(t, before, x.Data())
	assert.Nil(t, x.Grad())
}
