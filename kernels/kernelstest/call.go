package kernelstest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/org/trustmae/kernels"
)

// operand is one buffer of a call.
type operand struct {
	values []float32 // what it holds before; nil: NaN
	length int       // where values is nil
	want   []float64 // what it holds after; nil: an input, unchanged
	scale  []float64 // magnitude of the terms behind want; nil: want itself
}

// in is an input.
func in(values []float32) operand { return operand{values: values} }

// out is an output.
func out(want []float64) operand { return operand{length: len(want), want: want} }

// outScaled is an output whose error is measured against scale.
func outScaled(want, scale []float64) operand {
	return operand{length: len(want), want: want, scale: scale}
}

// update is read and written.
func update(values []float32, want []float64) operand { return operand{values: values, want: want} }

// call is one use of an operation.
type call struct {
	name     string
	operands []operand
	tol      float64  // relative to the scale; 0: exact
	inPlace  [][2]int // operands (output, input) that may be one buffer
	unsized  bool     // lengths are not checked by the operation
	run      func(b kernels.Backend, x []kernels.Buffer)
}

const guard = 37 // values before and after a buffer; odd, so that it is unaligned

// guardValue marks memory that no operation may touch.
var guardValue = math.Float32frombits(0x7fc0dead)

// guarded is a buffer between guards.
type guarded struct{ whole, part kernels.Buffer }

func place(b kernels.Backend, o operand) guarded {
	n := o.length
	if o.values != nil {
		n = len(o.values)
	}
	data := slices.Repeat([]float32{guardValue}, n+2*guard)
	for i := range n {
		data[guard+i] = float32(math.NaN())
	}
	copy(data[guard:], o.values)
	whole := b.Alloc(len(data))
	b.Upload(whole, data)
	return guarded{whole, whole.Slice(guard, n)}
}

// collect returns the part's values after checking the guards.
func (g guarded) collect(t *testing.T, b kernels.Backend, name string) []float32 {
	t.Helper()
	data := make([]float32, g.whole.Len())
	b.Download(data, g.whole)
	for i, v := range data {
		inside := i >= guard && i < len(data)-guard
		if !inside && math.Float32bits(v) != math.Float32bits(guardValue) {
			t.Fatalf("%s: wrote %g at index %d, outside [0:%d]", name, v, i-guard, g.part.Len())
		}
	}
	return data[guard : len(data)-guard]
}

// once runs the call and returns every operand's values.
func (c call) once(t *testing.T, b kernels.Backend) [][]float32 {
	t.Helper()
	return c.with(t, b, -1, -1)
}

// with runs the call with the operand alias being the buffer of operand of.
func (c call) with(t *testing.T, b kernels.Backend, alias, of int) [][]float32 {
	t.Helper()
	places, parts := make([]guarded, len(c.operands)), make([]kernels.Buffer, len(c.operands))
	for i, o := range c.operands {
		places[i] = place(b, o)
		parts[i] = places[i].part
	}
	if alias >= 0 {
		parts[alias] = parts[of]
	}
	c.run(b, parts)
	b.Sync()
	values := make([][]float32, len(c.operands))
	for i, g := range places {
		values[i] = g.collect(t, b, fmt.Sprintf("operand %d", i))
		if i == alias {
			values[i] = places[of].collect(t, b, fmt.Sprintf("operand %d", i))
		}
	}
	for _, g := range places {
		b.Free(g.whole)
	}
	return values
}

// check is the whole test of one call. Twins must give b's bits.
func (c call) check(t *testing.T, b kernels.Backend, twins []kernels.Backend) {
	got := c.once(t, b)
	for i, o := range c.operands {
		if o.want == nil {
			unchanged(t, i, got[i], o.values)
			continue
		}
		o.compare(t, i, got[i], c.tol)
	}
	sameBits(t, "second run", got, c.once(t, b))
	for _, twin := range twins {
		sameBits(t, "other backend", got, c.once(t, twin))
	}
	for _, pair := range c.inPlace {
		aliased := c.with(t, b, pair[0], pair[1])
		for i, o := range c.operands {
			if o.want != nil {
				o.compare(t, i, aliased[i], c.tol)
			}
		}
	}
	if !c.unsized {
		c.checkLengths(t, b)
	}
}

// checkLengths shortens every buffer in turn and demands a panic.
func (c call) checkLengths(t *testing.T, b kernels.Backend) {
	for short := range c.operands {
		places, parts := make([]guarded, len(c.operands)), make([]kernels.Buffer, len(c.operands))
		for i, o := range c.operands {
			places[i] = place(b, o)
			parts[i] = places[i].part
		}
		parts[short] = parts[short].Slice(0, parts[short].Len()-1)
		if !panics(func() { c.run(b, parts) }) {
			t.Errorf("operand %d one value too short: no panic", short)
		}
		for _, g := range places {
			b.Free(g.whole)
		}
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

// compare reports the first value that is not within tol·scale.
func (o operand) compare(t *testing.T, index int, got []float32, tol float64) {
	t.Helper()
	for i, want := range o.want {
		g := float64(got[i])
		if math.IsNaN(want) {
			if !math.IsNaN(g) {
				t.Fatalf("operand %d [%d of %d]: got %g, want NaN", index, i, len(got), g)
			}
			continue
		}
		rounded := float64(float32(want))
		if g == rounded {
			continue
		}
		scale := math.Abs(want)
		if o.scale != nil {
			scale = o.scale[i]
		}
		// Below the smallest normal number errors are absolute.
		if math.IsInf(rounded, 0) || !(math.Abs(g-want) <= tol*max(scale, 0x1p-126)) {
			t.Fatalf("operand %d [%d of %d]: got %g, want %g (error %.3g of %.3g)", index, i, len(got), g, want, math.Abs(g-want), scale)
		}
	}
}

func unchanged(t *testing.T, index int, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("input %d [%d]: changed from %g to %g", index, i, want[i], got[i])
		}
	}
}

func sameBits(t *testing.T, name string, first, second [][]float32) {
	t.Helper()
	for k := range first {
		for i := range first[k] {
			if math.Float32bits(first[k][i]) != math.Float32bits(second[k][i]) {
				t.Fatalf("%s: operand %d [%d]: %g and %g differ", name, k, i, first[k][i], second[k][i])
			}
		}
	}
}
