package kernelstest

import (
	"math"
	"math/rand/v2"
)

// source makes inputs.
type source struct {
	*rand.Rand
	whole bool // numbers from -8 to 8 instead of normal ones
}

func newSource(seed uint64) *source { return &source{Rand: rand.New(rand.NewPCG(seed, 1))} }

// normal makes n values of the standard normal distribution.
func (s *source) normal(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		if s.whole {
			x[i] = float32(s.IntN(17) - 8)
		} else {
			x[i] = float32(s.NormFloat64())
		}
	}
	return x
}

// coarse makes values with many ties and zeros.
func (s *source) coarse(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(s.IntN(7)-3) / 2
	}
	return x
}

// extremes are the values where functions go wrong.
var extremes = []float32{
	0, float32(math.Copysign(0, -1)), 1, -1, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)),
	1e-45, -1e-45, 1e-38, math.MaxFloat32, -math.MaxFloat32, 0.5, -0.5, 88.5, -88.5, 103, -103, 1e-4, -1e-4, 9, -9, 20, -20, 3e-8,
}

// wild mixes normal values of several magnitudes with extremes.
func (s *source) wild(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		switch s.IntN(4) {
		case 0:
			x[i] = extremes[s.IntN(len(extremes))]
		case 1:
			x[i] = float32(s.NormFloat64() * 30)
		default:
			x[i] = float32(s.NormFloat64())
		}
	}
	return x
}

// with puts v in some places of x.
func (s *source) with(x []float32, v float32) []float32 {
	for range 1 + len(x)/500 {
		x[s.IntN(len(x))] = v
	}
	return x
}

// hit makes n normal values, some of which are extreme unless that is 0.
func (s *source) hit(n int, extreme float32) []float32 {
	x := s.normal(n)
	if extreme != 0 {
		x = s.with(x, extreme)
	}
	return x
}

// lengths are run lengths around vector registers and chunks.
var lengths = []int{1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 257, 1000, 1<<16 + 17}

func product(sizes []int) int {
	n := 1
	for _, s := range sizes {
		n *= s
	}
	return n
}

// wide converts to float64.
func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// nan32 and inf32 are shorthands.
var (
	nan32 = float32(math.NaN())
	inf32 = float32(math.Inf(1))
)
