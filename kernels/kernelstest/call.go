package kernelstest

import (
	"fmt"
	"math"
	"slices"

	"github.com/org/trustmae/kernels"
)

// operand is one buffer of a call.
type operand struct {
	values []float32 // what it holds before; nil: NaN
	length int       // where values is nil
	want   []float64 // what it holds after; nil: an input, unchanged
	scale  []float64 // magnitude of the terms behind want; nil: want itself
	// squares are the sums of the terms' squares, where the terms are products whose
	// factors a backend may round.
	squares []float64
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

// extreme tells whether a value that the operand holds before is not finite.
func (o operand) extreme() bool {
	return slices.ContainsFunc(o.values, func(v float32) bool { return v-v != 0 })
}

// call is one use of an operation.
type call struct {
	name     string
	operands []operand
	tol      float64  // relative to the scale; 0: exact
	rounding float64  // largest relative error of factors that the backend rounds
	inPlace  [][2]int // operands (output, input) that may be one buffer
	photos   bool     // brings values from the host, which can not be recorded
	record   bool     // also check what the call does when it is recorded
	unsized  bool     // lengths are not checked by the operation
	spreads  bool     // NaN and infinities may turn more of the output into NaN
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
func (g guarded) collect(b kernels.Backend, name string) ([]float32, error) {
	data := make([]float32, g.whole.Len())
	b.Download(data, g.whole)
	for i, v := range data {
		inside := i >= guard && i < len(data)-guard
		if !inside && math.Float32bits(v) != math.Float32bits(guardValue) {
			return nil, fmt.Errorf("%s: wrote %g at index %d, outside [0:%d]", name, v, i-guard, g.part.Len())
		}
	}
	return data[guard : len(data)-guard], nil
}

// once runs the call and returns every operand's values.
func (c call) once(b kernels.Backend) ([][]float32, error) { return c.with(b, -1, -1) }

// with runs the call with the operand alias being the buffer of operand of.
func (c call) with(b kernels.Backend, alias, of int) ([][]float32, error) {
	places, parts := c.place(b)
	defer free(b, places)
	if alias >= 0 {
		parts[alias] = parts[of]
	}
	c.run(b, parts)
	b.Sync()
	values := make([][]float32, len(c.operands))
	for i := range places {
		g := places[i]
		if i == alias {
			g = places[of]
		}
		var err error
		if values[i], err = g.collect(b, fmt.Sprintf("operand %d", i)); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// recorder returns what records b's operations, or nil where nothing does.
func recorder(b kernels.Backend) kernels.Stream {
	if s, ok := b.(kernels.Streams); ok {
		return s.Stream()
	}
	s, _ := b.(kernels.Stream)
	return s
}

// checkRecorded demands the bits of got of the call recorded, where that is to be checked
// and can be.
func (c call) checkRecorded(b kernels.Backend, got [][]float32) error {
	if !c.record || c.photos {
		return nil
	}
	s := recorder(b)
	if s == nil {
		return nil
	}
	recorded, err := c.recorded(s)
	if err != nil {
		return err
	}
	return sameBits(got, recorded)
}

// recorded is once with the call recorded while all operands are NaN, three times, and
// done with the values that they are to have. A device that does not record does the call.
func (c call) recorded(s kernels.Stream) ([][]float32, error) {
	places, parts := c.place(s)
	defer free(s, places)
	before := make([][]float32, len(parts))
	for i, x := range parts {
		before[i] = make([]float32, x.Len())
		s.Download(before[i], x)
	}
	for round := range 3 { // the others find what the first has left
		for _, x := range parts {
			s.Fill(x, float32(math.NaN()))
		}
		g, err := s.Capture(func() { c.run(s, parts) })
		if err != nil {
			return c.once(s)
		}
		for i, x := range parts {
			s.Upload(x, before[i])
		}
		if !g.Launch() {
			return nil, fmt.Errorf("launch %d refused though all memory is free", round+1)
		}
		g.Release()
	}
	values := make([][]float32, len(places))
	for i, g := range places {
		var err error
		if values[i], err = g.collect(s, fmt.Sprintf("operand %d", i)); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// place allocates all operands.
func (c call) place(b kernels.Backend) ([]guarded, []kernels.Buffer) {
	places, parts := make([]guarded, len(c.operands)), make([]kernels.Buffer, len(c.operands))
	for i, o := range c.operands {
		places[i] = place(b, o)
		parts[i] = places[i].part
	}
	return places, parts
}

func free(b kernels.Backend, places []guarded) {
	for _, g := range places {
		b.Free(g.whole)
	}
}

// check is the whole test of one call. Twins must give b's bits.
func (c call) check(b kernels.Backend, twins []kernels.Backend) error {
	got, err := c.once(b)
	if err != nil {
		return err
	}
	if err := c.compare(got, -1); err != nil {
		return err
	}
	for i, twin := range append([]kernels.Backend{b}, twins...) {
		again, err := c.once(twin)
		if err != nil {
			return err
		}
		if err := sameBits(got, again); err != nil {
			return fmt.Errorf("run %d: %w", i+2, err)
		}
	}
	if err := c.checkRecorded(b, got); err != nil {
		return fmt.Errorf("recorded: %w", err)
	}
	for _, pair := range c.inPlace {
		aliased, err := c.with(b, pair[0], pair[1])
		if err == nil {
			err = c.compare(aliased, pair[1])
		}
		if err != nil {
			return fmt.Errorf("output %d in place of input %d: %w", pair[0], pair[1], err)
		}
	}
	if c.unsized {
		return nil
	}
	return c.checkLengths(b)
}

// compare checks all operands but the overwritten one.
func (c call) compare(got [][]float32, overwritten int) error {
	spreads := c.spreads && slices.ContainsFunc(c.operands, operand.extreme)
	for i, o := range c.operands {
		err := error(nil)
		switch {
		case o.want != nil:
			err = o.compare(got[i], c.tol, c.rounding, spreads)
		case i != overwritten:
			err = unchanged(got[i], o.values)
		}
		if err != nil {
			return fmt.Errorf("operand %d: %w", i, err)
		}
	}
	return nil
}

// checkLengths shortens every buffer in turn and demands a panic.
func (c call) checkLengths(b kernels.Backend) error {
	for short := range c.operands {
		places, parts := c.place(b)
		parts[short] = parts[short].Slice(0, parts[short].Len()-1)
		did := panics(func() { c.run(b, parts) })
		free(b, places)
		if !did {
			return fmt.Errorf("operand %d one value too short: no panic", short)
		}
	}
	return nil
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

// compare reports the first value that is not within tol·scale, and what rounding
// adds to it. Where a NaN or an infinity may spread, NaN stands for any value.
func (o operand) compare(got []float32, tol, rounding float64, spreads bool) error {
	for i, want := range o.want {
		g := float64(got[i])
		rounded := float64(float32(want))
		if g == rounded || math.IsNaN(g) && (spreads || math.IsNaN(want)) {
			continue
		}
		scale := math.Abs(want)
		if o.scale != nil {
			scale = o.scale[i]
		}
		// Below the smallest normal number errors are absolute.
		if math.IsInf(rounded, 0) || !(math.Abs(g-want) <= tol*max(scale, 0x1p-126)+o.rounded(i, scale, rounding)) {
			return fmt.Errorf("[%d of %d]: got %g, want %g (error %.3g of %.3g)", i, len(got), g, want, math.Abs(g-want), scale)
		}
	}
	return nil
}

// deviations is how many standard deviations an error may have that is the sum of
// many independent ones: more do not occur.
const deviations = 7

// rounded is how far the i-th sum may lie off because factors were rounded by at
// most u of their size. Two such errors in a product add up to 2u+u². Those of a
// sum's products are independent, each spread over ±u at most evenly, so that their
// standard deviation is below u·√(2/3) of the root of the squares' sum.
func (o operand) rounded(i int, scale, u float64) float64 {
	if o.squares == nil || u == 0 {
		return 0
	}
	return min((2*u+u*u)*scale, deviations*u*math.Sqrt(2./3*o.squares[i]))
}

func unchanged(got, want []float32) error {
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			return fmt.Errorf("[%d]: input changed from %g to %g", i, want[i], got[i])
		}
	}
	return nil
}

func sameBits(first, second [][]float32) error {
	for k := range first {
		for i := range first[k] {
			if math.Float32bits(first[k][i]) != math.Float32bits(second[k][i]) {
				return fmt.Errorf("operand %d [%d]: %g at first, then %g", k, i, first[k][i], second[k][i])
			}
		}
	}
	return nil
}
