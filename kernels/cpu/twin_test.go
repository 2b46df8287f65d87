package cpu

import (
	"fmt"
	"math"
	"testing"

	"github.com/org/trustmae/kernels/kernelstest"
)

// use is one use of a kernel: what its buffers hold before.
type use struct {
	name            string
	outputs, inputs [][]float32
	tol             float64 // relative to the largest finite magnitude at stake, 0: exact
	blurs           bool    // whatever is not finite counts as the same
}

// compare runs kernel and twin on copies between guards, the first offset values
// after an aligned address. Inputs and guards must stay as they are.
func (u use) compare(t *testing.T, offset int, kernel, twin func(out, in [][]float32)) {
	t.Helper()
	run := func(f func(out, in [][]float32)) (wholes [][]float32) {
		var parts [][]float32
		for _, list := range [][][]float32{u.outputs, u.inputs} {
			for _, x := range list {
				whole, part := between(x, (offset+len(parts))%4)
				wholes, parts = append(wholes, whole), append(parts, part)
			}
		}
		f(parts[:len(u.outputs)], parts[len(u.outputs):])
		return wholes
	}
	got, want := run(kernel), run(twin)
	for i := range want {
		scale := 1.0
		for _, v := range want[i] {
			if m := math.Abs(float64(v)); m < 1e6 { // finite, no guard
				scale = max(scale, m)
			}
		}
		for j, w := range want[i] {
			g := got[i][j]
			same := g == w || g != g && w != w || u.blurs && g-g != 0 && w-w != 0
			if !same && !(i < len(u.outputs) && math.Abs(float64(g)-float64(w)) <= u.tol*max(scale, math.Abs(float64(w)))) {
				t.Fatalf("%s, offset %d: buffer %d [%d]: got %g, the twin gives %g", u.name, offset, i, j-16-(offset+i)%4, g, w)
			}
		}
	}
}

// shapedKernel is a kernel whose shape is more than a length.
type shapedKernel struct {
	// prepare chooses a shape for the table's tiles; run uses the kernel of a table
	// of the same tiles.
	prepare func(k *table, d *kernelstest.Decoder) (u use, run func(k *table, out, in [][]float32))
}

var (
	tileUse        = shapedKernel{prepareTile}
	transposeUse   = shapedKernel{prepareTranspose}
	panelsUse      = shapedKernel{preparePanels}
	wideUse        = shapedKernel{prepareWide}
	winogradUse    = shapedKernel{prepareWinograd}
	lerpUse        = shapedKernel{prepareLerp}
	adamUse        = shapedKernel{prepareAdam}
	shallowUse     = shapedKernel{prepareShallowStrip}
	shallowGradUse = shapedKernel{prepareShallowGradient}
	splitUse       = shapedKernel{prepareSplit}
	addRowsUse     = shapedKernel{prepareAddRows}
)

// check compares every table with twins of its tiles.
func (s shapedKernel) check(t *testing.T, decoder func() *kernelstest.Decoder) {
	t.Helper()
	for _, k := range tables() {
		if !k.supported {
			continue
		}
		d := decoder()
		twins := twinsOf(k)
		u, run := s.prepare(k, d)
		u.name = k.name + ": " + u.name
		u.compare(t, d.Below(4), func(out, in [][]float32) { run(k, out, in) }, func(out, in [][]float32) { run(twins, out, in) })
	}
}

// twinsOf are the plain twins with the sizes of a table's tiles.
func twinsOf(k *table) *table {
	g, w, lanes := k.gemm, k.wide, k.winograd.three.lanes
	g = gemmTwins(g.rows, g.cols)
	for i := range w {
		w[i] = wideTwin(i+1, w[i].pixels)
	}
	return &table{gemm: g, wide: w, pointwise: pointwiseTwins(k.pointwise.rows, k.pointwise.wide.pixels, k.pointwise.narrow.pixels), dots: dotTwins(k.dots.rows, k.dots.lanes), winograd: bothWinograds{winogradTwins(lanes, twoTaps), winogradTwins(lanes, threeTaps)}, vector: genericVector, shallow: shallowTwins(k.shallow.pixels, k.shallow.lanes), split: genericSplit, addRows: addRowsTwin}
}

// terms makes n normal values for sums; one time in four, a few of them are
// extreme.
func terms(d *kernelstest.Decoder, n int) []float32 {
	x := normals(d.Rand, n)
	if n > 0 && d.Below(4) == 1 {
		for range 1 + n/200 {
			x[d.IntN(n)] = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, 1e-45}[d.IntN(5)]
		}
	}
	return x
}

// undefined makes n values that are NaN.
func undefined(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.NaN())
	}
	return x
}

// offsets makes k random offsets below n.
func offsets(d *kernelstest.Decoder, k, n int) []int32 {
	list := make([]int32, k)
	for i := range list {
		list[i] = int32(d.IntN(n))
	}
	return list
}

// summed is the tolerance of a sum of k terms in another order.
func summed(k int) float64 { return rounding * math.Sqrt(float64(k)+1) }

// prepareTile chooses one of the products, of several tiles.
func prepareTile(k *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	g, depth, accumulate, product := k.gemm, d.Below(300), d.Below(2) == 1, []string{"tile", "dense", "strided"}[d.Below(3)]
	reach, stride, height := d.Size(400), k.gemm.cols+d.Below(20), k.gemm.rows*d.Below(4)
	rows, steps := make([]tileRow, height), offsets(d, depth, reach)
	for i, at := range d.Perm(height) {
		rows[i] = tileRow{int32(d.IntN(reach)), int32(at * stride)}
	}
	c, inputs := undefined(max(height-1, 0)*stride+g.cols), [][]float32{terms(d, reach+max(reach, depth)), terms(d, depth*g.cols), nil}
	if accumulate {
		c = terms(d, len(c))
	} else {
		inputs[2] = terms(d, g.cols)
	}
	u := use{fmt.Sprintf("%d rows, depth %d, accumulate %t, %s", height, depth, accumulate, product), [][]float32{c}, inputs, summed(depth), false}
	return u, func(k *table, out, in [][]float32) {
		switch product {
		case "tile":
			k.gemm.tile(out[0], in[2], in[0], in[1], rows, steps)
		case "dense":
			k.gemm.dense(out[0], in[2], in[0], in[1], rows, depth)
		default: // fetching ahead aside, at any distances
			k.gemm.strided(out[0], in[2], in[0], in[1], rows, depth)
		}
	}
}

func prepareTranspose(_ *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	rows, cols := d.Size(100), d.Size(16)
	to, from := rows+d.Below(20), cols+d.Below(20)
	src, dst := terms(d, (rows-1)*from+cols), undefined((cols-1)*to+rows)
	u := use{fmt.Sprintf("%d×%d, strides %d and %d", rows, cols, to, from), [][]float32{dst}, [][]float32{src}, 0, false}
	return u, func(k *table, out, in [][]float32) { k.gemm.transpose(out[0], to, in[0], from, rows, cols) }
}

func preparePanels(k *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	cols, rows, panels := k.gemm.cols, d.Size(20), d.Size(8)
	to, from := rows*cols+d.Below(20), panels*cols+d.Below(20)
	src, dst := terms(d, (rows-1)*from+panels*cols), undefined((panels-1)*to+rows*cols)
	u := use{fmt.Sprintf("%d rows, %d panels, strides %d and %d", rows, panels, to, from), [][]float32{dst}, [][]float32{src}, 0, false}
	return u, func(k *table, out, in [][]float32) { k.gemm.panels(out[0], to, in[0], from, rows, panels) }
}

func prepareWide(k *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	rows, depth, reach, accumulate := d.Size(4), d.Below(300), d.Size(400), d.Below(2) == 1
	pixels := k.wide[rows-1].pixels
	cRow, steps := pixels+d.Below(20), offsets(d, depth, reach)
	c, inputs := undefined((rows-1)*cRow+pixels), [][]float32{terms(d, reach+pixels), terms(d, depth*rows), nil}
	if accumulate {
		c = terms(d, len(c))
	} else {
		inputs[2] = terms(d, rows)
	}
	u := use{fmt.Sprintf("%d rows, depth %d, accumulate %t", rows, depth, accumulate), [][]float32{c}, inputs, summed(depth), false}
	return u, func(k *table, out, in [][]float32) { k.wide[rows-1].tile(out[0], cRow, in[2], in[0], in[1], steps) }
}

// prepareWinograd chooses one of the five transformations of two or three taps. The
// second output is scratch, of which only the guards count.
func prepareWinograd(k *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	taps, which, n := 2+d.Below(2), d.Below(5), d.Size(6)
	kernels := k.winograd.of(taps)
	lanes, side, area := kernels.lanes, kernels.side(), taps*taps
	unit, row, point := lanes+d.Below(20), d.Below(20), d.Below(20)
	tiles, pixels := n*unit+point, 4*n*unit+row // distances of points and of rows
	pixel := lanes + d.Below(20)
	strip := 4*n*pixel + row
	u := use{fmt.Sprintf("%d taps, transformation %d of %d, unit %d", taps, which, n, unit), [][]float32{nil, undefined(mostPoints * lanes)}, nil, 4 * rounding, true}
	spots := (side*side-1)*tiles + (n-1)*unit + lanes // values up to the last of the points
	var run func(k *winogradKernels, y, tmp []float32, in [][]float32)
	switch which {
	case 0:
		strip += (taps - 1) * pixel
		u.outputs[0], u.inputs = undefined(spots), [][]float32{terms(d, side*strip)}
		run = func(k *winogradKernels, y, tmp []float32, in [][]float32) {
			k.input(y, tiles, unit, in[0], strip, pixel, n, tmp)
		}
	case 1:
		u.outputs[0], u.inputs = undefined(4*pixels), [][]float32{terms(d, spots), terms(d, lanes)}
		run = func(k *winogradKernels, y, tmp []float32, in [][]float32) {
			k.output(y, pixels, unit, in[0], tiles, unit, n, in[1], tmp)
		}
	case 2:
		u.outputs[0], u.inputs = undefined(spots), [][]float32{terms(d, area*n*unit)}
		run = func(k *winogradKernels, y, tmp []float32, in [][]float32) {
			k.weights(y, tiles, unit, in[0], unit, n, tmp)
		}
	case 3:
		u.outputs[0], u.inputs = undefined(spots), [][]float32{terms(d, 4*strip)}
		run = func(k *winogradKernels, y, tmp []float32, in [][]float32) {
			k.gradient(y, tiles, unit, in[0], strip, pixel, n, tmp)
		}
	case 4:
		u.outputs[0], u.inputs = terms(d, area*n*unit), [][]float32{terms(d, spots)}
		run = func(k *winogradKernels, y, tmp []float32, in [][]float32) {
			k.weightGradient(y, unit, in[0], tiles, unit, n, tmp)
		}
	}
	return u, func(k *table, out, in [][]float32) {
		run(k.winograd.of(taps), out[0], out[1], in)
		clear(out[1])
	}
}

func prepareLerp(_ *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	in, out := d.Size(200), d.Size(300)
	list := lerps(in, out)
	u := use{fmt.Sprintf("%d to %d", in, out), [][]float32{undefined(out)}, [][]float32{hard(d.Rand, in)}, rounding, false}
	return u, func(k *table, y, x [][]float32) {
		k.vector.lerp.along(y[0], x[0], list, k.vector.lerp.blocks(list, in), make([]float32, k.vector.lerp.window))
	}
}

func prepareAdam(_ *table, d *kernelstest.Decoder) (use, func(k *table, out, in [][]float32)) {
	n := d.Below(256)
	p, g, m, v := hard(d.Rand, n), hard(d.Rand, n), hard(d.Rand, n), hard(d.Rand, n)
	for i := range v {
		// Over a root near 0, the rounding of cancelling moments would be large.
		v[i] = float32(math.Abs(float64(v[i]))) + 1e-3
	}
	c := &adamConstants{beta1: 0.9, rest1: 0.1, beta2: 0.999, rest2: 0.001, stepSize: 1e-2, rootScale: 3, eps: 1e-6, weightDecay: float32(d.Below(2)) / 100}
	u := use{fmt.Sprintf("%d values", n), [][]float32{p, m, v}, [][]float32{g}, 2 * rounding, false}
	return u, func(k *table, out, in [][]float32) { k.vector.adam(out[0], in[0], out[1], out[2], c) }
}

// TestShapedKernels compares every table's kernels with their twins at random
// shapes.
func TestShapedKernels(t *testing.T) {
	for name, s := range map[string]shapedKernel{
		"tile": tileUse, "transpose": transposeUse, "panels": panelsUse, "wide": wideUse, "pointwise": pointwiseUse, "dots": dotsUse, "winograd": winogradUse, "lerp": lerpUse, "adam": adamUse,
		"shallow": shallowUse, "shallow gradient": shallowGradUse, "split": splitUse, "add rows": addRowsUse, "similarity": similarityUse,
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(400) {
				s.check(t, func() *kernelstest.Decoder { return kernelstest.RandomDecoder(seed) })
			}
		})
	}
}

func (s shapedKernel) fuzz(f *testing.F) {
	kernelstest.Seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		s.check(t, func() *kernelstest.Decoder { return kernelstest.NewDecoder(data) })
	})
}

func FuzzTile(f *testing.F)                    { tileUse.fuzz(f) }
func FuzzTranspose(f *testing.F)               { transposeUse.fuzz(f) }
func FuzzPanels(f *testing.F)                  { panelsUse.fuzz(f) }
func FuzzWide(f *testing.F)                    { wideUse.fuzz(f) }
func FuzzWinogradTransformations(f *testing.F) { winogradUse.fuzz(f) }
func FuzzLerp(f *testing.F)                    { lerpUse.fuzz(f) }
func FuzzAdam(f *testing.F)                    { adamUse.fuzz(f) }
func FuzzShallow(f *testing.F)                 { shallowUse.fuzz(f) }
func FuzzShallowGradient(f *testing.F)         { shallowGradUse.fuzz(f) }
func FuzzSplit(f *testing.F)                   { splitUse.fuzz(f) }
func FuzzAddRows(f *testing.F)                 { addRowsUse.fuzz(f) }
