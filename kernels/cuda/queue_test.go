package cuda

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/standin"
)

// view is part of an allocation.
type view struct {
	whole kernels.Buffer
	at, n int
}

func (v view) part() kernels.Buffer { return v.whole.Slice(v.at, v.n) }

// apart tells whether an operation may write v and read x.
func (v view) apart(x view) bool { return v.whole != x.whole || v.at+v.n <= x.at || x.at+x.n <= v.at }

// program is random operations on overlapping parts of a few allocations.
type program struct {
	*rand.Rand
	b    kernels.Backend
	step func() // after each
	live []kernels.Buffer
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

const arena = 8000

// run returns what the first allocation holds after some operations. step is called
// after each.
func run(b kernels.Backend, seed uint64, operations int, step func()) []float32 {
	p := &program{Rand: rand.New(rand.NewPCG(seed, 1)), b: b, step: step}
	values := make([]float32, arena)
	for i := range values {
		values[i] = float32(p.NormFloat64())
	}
	p.live = []kernels.Buffer{b.Alloc(arena)}
	b.Upload(p.live[0], values)
	for range operations {
		p.operate()
		step()
	}
	b.Download(values, p.live[0])
	for _, x := range p.live {
		b.Free(x)
	}
	return values
}

// view returns n values of any allocation that has them, mostly at the few places where
// others are, too.
func (p *program) view(n int) view {
	for {
		whole := pick(p.Rand, p.live...)
		if room := whole.Len() - n; room >= 0 {
			return view{whole, min(room, pick(p.Rand, 0, 0, 1, 700, 1024, 3000)), n}
		}
	}
}

// output returns n values that may be written while others are read: in the place of
// one, or apart from all.
func (p *program) output(n int, inputs ...view) view {
	return p.find(n, func(y view) bool {
		return !slices.ContainsFunc(inputs, func(x view) bool { return y != x && !y.apart(x) })
	})
}

// other is output that is apart.
func (p *program) other(n int, x view) view { return p.find(n, x.apart) }

// find returns n values for which ok holds, of a new allocation where there seem to be
// none.
func (p *program) find(n int, ok func(view) bool) view {
	for range 10 {
		if y := p.view(n); ok(y) {
			return y
		}
	}
	return view{p.alloc(n), 0, n}
}

// alloc allocates n values.
func (p *program) alloc(n int) kernels.Buffer {
	x := p.b.Alloc(n)
	p.b.Fill(x, 0.5)
	p.live = append(p.live, x)
	return x
}

// operate queues an operation.
func (p *program) operate() {
	n := pick(p.Rand, 1, 1, 7, 300, blockValues, blockValues+1, 2600)
	switch p.IntN(12) {
	case 0:
		p.b.Fill(p.view(n).part(), p.Float32())
	case 1: // a result that does not last
		x := p.view(n)
		y := p.b.Alloc(n)
		p.b.Unary(kernels.Affine, y, x.part(), 0.7, 0.1)
		p.step()
		z := p.output(n, x)
		p.b.Binary(kernels.Sub, z.part(), y, x.part(), []int{n}, []int{1}, []int{1}, 0)
		p.b.Free(y)
	case 2:
		p.alloc(n)
	case 3:
		if k := len(p.live) - 1; k > 0 {
			p.b.Free(p.live[k])
			p.live = p.live[:k]
		}
	case 4:
		x := p.view(n)
		p.b.AddScaled(p.other(n, x).part(), x.part(), -0.6)
	case 5:
		p.copy()
	case 6, 7, 8:
		x := p.view(n)
		op := pick(p.Rand, kernels.Affine, kernels.Abs, kernels.Sign, kernels.Tanh, kernels.Sigmoid, kernels.LeakyReLU, kernels.Clamp, kernels.Exp, kernels.Square)
		p.b.Unary(op, p.output(n, x).part(), x.part(), -0.9, 0.8)
	default:
		p.binary(n)
	}
}

// copy moves rows.
func (p *program) copy() {
	rows, cols, gap := pick(p.Rand, 1, 3), pick(p.Rand, 1, 40, 500), p.IntN(2)*5
	n := (rows-1)*(cols+gap) + cols
	x := p.view(n)
	p.b.Copy2d(p.other(n, x).part(), x.part(), rows, cols, cols+gap, cols+gap)
}

// binary combines two operands of n values, of which one may be repeated.
func (p *program) binary(n int) {
	op := pick(p.Rand, kernels.Add, kernels.Sub, kernels.Mul, kernels.Max, kernels.Min, kernels.LessEqual, kernels.LeakyReLUGrad, kernels.AbsGrad, kernels.TanhGrad)
	x, sizes, strides := p.view(n), []int{n}, []int{1}
	z := p.view(n)
	besideRepeated := func(y view) bool { return y.apart(z) && (y == x || y.apart(x)) }
	switch repeated := p.IntN(4); {
	case repeated == 0: // a value for all
		z.n = 1
		p.b.Binary(op, p.find(n, besideRepeated).part(), z.part(), x.part(), sizes, []int{0}, strides, 0.3)
	case repeated == 1 && n%4 == 0: // a value for a row
		z.n = n / 4
		p.b.Binary(op, p.find(n, besideRepeated).part(), x.part(), z.part(), []int{n / 4, 4}, []int{4, 1}, []int{1, 0}, 0.3)
	default:
		p.b.Binary(op, p.output(n, x, z).part(), x.part(), z.part(), sizes, strides, strides, 0.3)
	}
}

// bitsOf tells NaN from NaN.
func bitsOf(values []float32) []uint32 {
	list := make([]uint32, len(values))
	for i, v := range values {
		list[i] = math.Float32bits(v)
	}
	return list
}

// launches counts the launches of a kernel meanwhile, none on a GPU, where nobody logs
// them.
func launches(t *testing.T, kernel string, f func()) int {
	if standin.Real() {
		f()
		return 0
	}
	log := filepath.Join(t.TempDir(), "launches")
	t.Setenv(standin.LaunchesVariable, log)
	f()
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	return strings.Count(string(text), kernel+"\n")
}

// Operations that are joined give the bits of single ones, whatever they read and
// overwrite of one another, alone and beside other goroutines that use the memory they
// free.
func TestJoinedOperations(t *testing.T) {
	b := open(t)
	const programs, operations = 24, 80
	var want, got [programs][]float32
	single := launches(t, "elementwise", func() {
		for i := range want {
			want[i] = run(b, uint64(i), operations, b.Sync)
		}
	})
	joined := launches(t, "elementwise", func() {
		for i := range got {
			got[i] = run(b, uint64(i), operations, func() {})
		}
	})
	for i := range want {
		require.Equal(t, bitsOf(want[i]), bitsOf(got[i]), "program %d", i)
	}
	if !standin.Real() {
		t.Logf("%d launches of single operations, %d of joined ones", single, joined)
		require.Less(t, joined, single)
	}
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() { got[i] = run(b, uint64(i), operations, func() {}) })
	}
	group.Wait()
	for i := range 4 {
		require.Equal(t, bitsOf(want[i]), bitsOf(got[i]), "program %d beside others", i)
	}
	require.Zero(t, b.Stats().InUse)
}

// A result that was freed before anything had to be launched is not written, and one
// that is in use is.
func TestFreedResultsAreNotWritten(t *testing.T) {
	b := open(t)
	const n = 3000
	x, z := b.Alloc(n), b.Alloc(n)
	b.Fill(x, 2)
	for _, freed := range []bool{true, false} {
		y := b.Alloc(n)
		b.Upload(y, make([]float32, n))
		b.Unary(kernels.Square, y, x, 0, 0)
		b.Unary(kernels.Affine, z, y, 1, 1)
		if freed {
			b.Free(y)
			b.Sync()
			y = b.Alloc(n) // the same memory
		}
		got := make([]float32, n)
		b.Download(got, y)
		require.Equal(t, map[bool]float32{true: 0, false: 4}[freed], got[n-1])
		b.Download(got, z)
		require.EqualValues(t, 5, got[n-1])
		b.Free(y)
	}
	b.Free(x)
	b.Free(z)
}

// What waits when a recording begins is none of it, and what waits when it ends is.
func TestRecordingsAreWhole(t *testing.T) {
	b := open(t)
	x := b.Alloc(10)
	b.Fill(x, 1)
	g, err := b.Capture(func() { b.Unary(kernels.Affine, x, x, 2, 0) })
	require.NoError(t, err)
	b.Unary(kernels.Affine, x, x, 1, 1)
	require.True(t, g.Launch())
	require.True(t, g.Launch())
	got := make([]float32, 10)
	b.Download(got, x)
	require.EqualValues(t, 8, got[9])
	g.Release()
	b.Free(x)
}
