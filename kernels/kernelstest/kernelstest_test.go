package kernelstest

import (
	"math"
	"strings"
	"testing"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
)

// faulty is a correct backend with one fault in Unary's square.
type faulty struct {
	*cpu.Backend
	fault func(b *cpu.Backend, y, x kernels.Buffer)
}

func (f faulty) Unary(op kernels.UnaryOp, y, x kernels.Buffer, a, b float32) {
	f.fault(f.Backend, y, x)
}

// set writes one value.
func set(b *cpu.Backend, x kernels.Buffer, i int, v float32) {
	b.Upload(x.Slice(i, 1), []float32{v})
}

// The suite must notice every kind of fault that it is there for.
func TestSuiteNoticesFaults(t *testing.T) {
	b, err := cpu.New(cpu.Options{Table: "generic", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	runs := 0
	right := func(b *cpu.Backend, y, x kernels.Buffer) { b.Unary(kernels.Square, y, x, 0, 0) }
	for _, c := range []struct {
		name, want string
		fault      func(b *cpu.Backend, y, x kernels.Buffer)
	}{
		{"none", "", right},
		{"wrong value", "got 9.5, want 9", func(b *cpu.Backend, y, x kernels.Buffer) { right(b, y, x); set(b, y, 2, 9.5) }},
		{"NaN", "got NaN, want 9", func(b *cpu.Backend, y, x kernels.Buffer) { right(b, y, x); set(b, y, 2, float32(math.NaN())) }},
		{"lost NaN", "got 0, want NaN", func(b *cpu.Backend, y, x kernels.Buffer) { right(b, y, x); set(b, y, 3, 0) }},
		{"lost infinity", "want +Inf", func(b *cpu.Backend, y, x kernels.Buffer) { right(b, y, x); set(b, y, 4, math.MaxFloat32) }},
		{"value left out", "got NaN, want 1", func(b *cpu.Backend, y, x kernels.Buffer) {
			if x.Len() != y.Len() {
				panic("length")
			}
			right(b, y.Slice(1, 4), x.Slice(1, 4))
		}},
		{"input written", "input changed", func(b *cpu.Backend, y, x kernels.Buffer) { right(b, y, x); set(b, x, 0, 5) }},
		{"not repeatable", "at first, then", func(b *cpu.Backend, y, x kernels.Buffer) {
			right(b, y, x)
			runs++
			set(b, y, 0, float32(1+float64(runs)*0x1p-23))
		}},
		{"not in place", "in place", func(b *cpu.Backend, y, x kernels.Buffer) {
			right(b, y, x)
			if y == x {
				set(b, y, 0, 5)
			}
		}},
		{"lengths", "no panic", func(b *cpu.Backend, y, x kernels.Buffer) {
			n := min(y.Len(), x.Len())
			right(b, y.Slice(0, n), x.Slice(0, n))
		}},
	} {
		x := []float32{1, 2, 3, nan32, inf32}
		test := call{
			operands: []operand{out([]float64{1, 4, 9, math.NaN(), math.Inf(1)}), in(x)}, tol: 64 * ulp, inPlace: [][2]int{{0, 1}},
			run: func(b kernels.Backend, x []kernels.Buffer) { b.Unary(kernels.Square, x[0], x[1], 0, 0) },
		}
		err := test.check(faulty{b, c.fault}, nil)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// hasty is a correct backend but for its streams, which do at once what they should
// record.
type hasty struct{ *cpu.Backend }

func (h hasty) Stream() kernels.Stream { return hastyStream(h) }

type hastyStream struct{ *cpu.Backend }

func (h hastyStream) Capture(f func()) (kernels.Graph, error) {
	f()
	return done{}, nil
}

type done struct{}

func (done) Launch() bool { return true }
func (done) Release()     {}

// What reads its inputs before it should is noticed.
func TestSuiteNoticesHaste(t *testing.T) {
	b, err := cpu.New(cpu.Options{Table: "generic", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	test := call{
		operands: []operand{out([]float64{1, 4}), in([]float32{1, 2})}, record: true,
		run: func(b kernels.Backend, x []kernels.Buffer) { b.Unary(kernels.Square, x[0], x[1], 0, 0) },
	}
	if err := test.check(b, nil); err != nil {
		t.Error(err)
	}
	if err := test.check(hasty{b}, nil); err == nil || !strings.Contains(err.Error(), "recorded") {
		t.Errorf("error %v of a backend that does at once what it should record", err)
	}
}

// Writing outside of a buffer is noticed.
func TestGuards(t *testing.T) {
	b, err := cpu.New(cpu.Options{Table: "generic", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{guard - 1, guard + 3} {
		g := place(b, in([]float32{1, 2, 3}))
		if _, err := g.collect(b, "x"); err != nil {
			t.Errorf("untouched: %v", err)
		}
		set(b, g.whole, at, 0)
		if _, err := g.collect(b, "x"); err == nil {
			t.Errorf("value %d of the whole written: no error", at)
		}
	}
}
