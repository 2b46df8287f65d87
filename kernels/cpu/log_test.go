package cpu

import (
	"math"
	"testing"

	"github.com/org/trustmae/kernels"
)

// fusedMultiplyAdd is x·y+z rounded once. The product is exact in float64; the sum is
// rounded to odd there, so that its second rounding is that of the exact one.
func fusedMultiplyAdd(x, y, z float32) float32 {
	p, c := float64(x)*float64(y), float64(z)
	sum := p + c
	of := sum - p
	if rest := (p - (sum - of)) + (c - of); rest != 0 && math.Float64bits(sum)&1 == 0 {
		sum = math.Nextafter(sum, math.Inf(int(math.Copysign(1, rest))))
	}
	return float32(sum)
}

// logSteps is the logarithm of a positive finite x by the steps of the assembly.
func logSteps(x float32) float32 {
	const origin = 0x3f3504f3
	ln2High := float32(math.Ln2)
	ln2Low := float32(math.Ln2 - float64(ln2High))
	bits, n := math.Float32bits(x), int32(0)
	if x < 0x1p-126 {
		bits, n = math.Float32bits(x*0x1p23), -23
	}
	n += (int32(bits) - origin) >> 23
	m, exponent := math.Float32frombits((bits-origin)&(1<<23-1)+origin), float32(n)
	f := m - 1
	s := f / (m + 1)
	z := s * s
	p := float32(2.0 / 9)
	for _, c := range []float32{2.0 / 7, 2.0 / 5, 2.0 / 3} {
		p = fusedMultiplyAdd(p, z, c)
	}
	p = fusedMultiplyAdd(-z, p, f)
	low := exponent * ln2Low
	f += fusedMultiplyAdd(-s, p, low)
	return fusedMultiplyAdd(exponent, ln2High, f)
}

// TestLog holds the tables' logarithm to the same bits everywhere and to one unit in
// the last place, at values of every exponent and densely around 1.
func TestLog(t *testing.T) {
	var x []float32
	for bits := uint32(0); bits < 0x7f800000; bits += 9973 {
		x = append(x, math.Float32frombits(bits|1)) // positive
	}
	for bits := math.Float32bits(0.25); bits < math.Float32bits(4); bits += 61 {
		x = append(x, math.Float32frombits(bits))
	}
	y := make([]float32, len(x))
	for _, table := range tables() {
		t.Run(table.name, func(t *testing.T) {
			if !table.supported {
				t.Skip("this processor lacks the instructions")
			}
			table.vector.unary[kernels.Log](y, x, 0, 0)
			for i, v := range x {
				if e := ulps(float64(y[i]), math.Log(float64(v))); !(e <= 1) {
					t.Fatalf("log %g: got %g, %g units in the last place from %g", v, y[i], e, math.Log(float64(v)))
				}
				if want := logSteps(v); y[i] != want && table.name != "generic" {
					t.Fatalf("log %g: got %b, by the steps of the assembly %b", v, y[i], want)
				}
			}
		})
	}
}

// TestLogSpecials checks values without a logarithm.
func TestLogSpecials(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	cases := []struct{ x, want float64 }{
		{0, -inf}, {math.Copysign(0, -1), -inf}, {-0x1p-149, nan}, {-1, nan}, {-math.MaxFloat32, nan},
		{-inf, nan}, {inf, inf}, {nan, nan}, {math.Copysign(nan, -1), nan}, {1, 0},
	}
	for _, table := range tables() {
		if !table.supported {
			continue
		}
		for n := 1; n < 40; n++ { // vectors and tails
			x, y := make([]float32, n), make([]float32, n)
			for i := range x {
				x[i] = float32(cases[(i+n)%len(cases)].x)
			}
			table.vector.unary[kernels.Log](y, x, 0, 0)
			for i, v := range y {
				c := cases[(i+n)%len(cases)]
				if got := float64(v); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
					t.Errorf("%s: log(%g) at %d of %d: got %g, want %g", table.name, c.x, i, n, got, c.want)
				}
			}
		}
	}
}
