package memae

import (
	"math"
	"math/rand/v2"
	"testing"
)

// groups draws values of two normal distributions.
func groups(rng *rand.Rand, lower, upper int, shift, width float64) []float64 {
	var x []float64
	for range lower {
		x = append(x, rng.NormFloat64())
	}
	for range upper {
		x = append(x, shift+width*rng.NormFloat64())
	}
	return x
}

func TestFitMixtureFindsTwoGroups(t *testing.T) {
	for _, upper := range []int{12, 60, 200} { // of 300 lower ones: 4 to 40 %
		x := groups(rand.New(rand.NewPCG(1, uint64(upper))), 300, upper, 6, 2)
		m, ok := fitMixture(x)
		want := float64(upper) / float64(300+upper)
		if !ok || !(math.Abs(m.weight[1]-want) < 0.03) {
			t.Errorf("share %.3f (found %v), want %.3f", m.weight[1], ok, want)
		}
		if !(math.Abs(m.mean[0]) < 0.2 && math.Abs(m.deviation[0]-1) < 0.2) {
			t.Errorf("lower group %.2f ± %.2f, want 0 ± 1", m.mean[0], m.deviation[0])
		}
		if low, high := m.lower(0), m.lower(6); !(low > 0.99 && high < 0.01) {
			t.Errorf("lower group holds its centre with %.3f, the other's with %.3f", low, high)
		}
		if far := m.lower(-50); far != 1 {
			t.Errorf("a value far below is lower with %v, want 1", far)
		}
	}
}

func TestFitMixtureLeavesOneGroupWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	draws := map[string]func() float64{
		"normal":  rng.NormFloat64,
		"laplace": func() float64 { return rng.ExpFloat64() - rng.ExpFloat64() },
		"skewed":  func() float64 { return math.Log(rng.ExpFloat64() + rng.ExpFloat64()) },
	}
	for name, draw := range draws {
		parted := 0
		for range 10 {
			x := make([]float64, 150)
			for i := range x {
				x[i] = draw()
			}
			if _, ok := fitMixture(x); ok {
				parted++
			}
		}
		if parted > 1 {
			t.Errorf("%s: %d of 10 samples of one group pass for two", name, parted)
		}
	}
	for _, x := range [][]float64{{}, {1}, make([]float64, 100), groups(rng, 9, 9, 50, 1)} {
		if _, ok := fitMixture(x); ok {
			t.Errorf("%d values, too few or all alike, pass for two groups", len(x))
		}
	}
}
