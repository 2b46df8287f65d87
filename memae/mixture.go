package memae

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// mixture is a pair of normal distributions, the lower one first: in a training
// folder the scores of good photos and those of defective ones.
type mixture struct {
	weight, mean, deviation [2]float64
	gain                    float64 // BIC of one normal distribution less that of the pair
}

// What it takes to believe that scores come from two groups. A gain of 6 is
// "strong" evidence (Kass and Raftery 1995); as skewed scores of one group reach
// it too, the groups also have to lie apart. Of 60 simulated folders of 220 good
// photos each, with Gumbel and gamma distributed scores, 1 to 4 still passed for
// two groups.
const (
	mixturePhotos     = 20  // fewer say nothing
	mixtureGain       = 6.0 // least gain
	mixtureSeparation = 3.0 // least distance of the means, in deviations of the lower group
	mixtureUpper      = 0.6 // largest share of the upper group: at most half, and the error of its estimate
)

// fitMixture fits a pair to x by expectation maximisation, from several ways to
// cut the sorted values in two, and keeps the likeliest. ok tells whether x is
// better seen as two groups than as one.
func fitMixture(x []float64) (m mixture, ok bool) {
	_, deviation := stat.MeanStdDev(x, nil)
	if len(x) < mixturePhotos || deviation == 0 {
		return mixture{}, false
	}
	sorted := slices.Sorted(slices.Values(x))
	// no group may shrink to a point, where its likelihood has no bound
	least := 0.05 * deviation
	best := math.Inf(-1)
	for _, share := range []float64{0.05, 0.1, 0.2, 0.3, 0.4, 0.5} {
		cut := len(x) - max(int(share*float64(len(x))), 2)
		candidate := mixtureOf(sorted[:cut], sorted[cut:], least)
		if l := candidate.maximise(x, least); l > best && candidate.mean[0] < candidate.mean[1] && candidate.weight[1] <= mixtureUpper {
			best, m = l, candidate
		}
	}
	n := float64(len(x))
	one := -n / 2 * (math.Log(2*math.Pi*stat.PopVariance(x, nil)) + 1)
	m.gain = 2*(best-one) - 3*math.Log(n) // the pair has three parameters more
	apart := m.mean[1]-m.mean[0] >= mixtureSeparation*m.deviation[0]
	return m, m.gain > mixtureGain && apart
}

// mixtureOf describes two groups by their moments.
func mixtureOf(lower, upper []float64, least float64) mixture {
	var m mixture
	for g, values := range [2][]float64{lower, upper} {
		m.weight[g] = float64(len(values)) / float64(len(lower)+len(upper))
		m.mean[g] = stat.Mean(values, nil)
		m.deviation[g] = max(math.Sqrt(stat.PopVariance(values, nil)), least)
	}
	return m
}

// maximise improves m until the log-likelihood of x, which it returns, stands
// still.
func (m *mixture) maximise(x []float64, least float64) float64 {
	const steps, tolerance = 500, 1e-7
	last := math.Inf(-1)
	member := [2][]float64{make([]float64, len(x)), make([]float64, len(x))}
	for range steps {
		likelihood := 0.0
		for i, v := range x {
			a, b := m.logDensity(0, v), m.logDensity(1, v)
			member[0][i] = 1 / (1 + math.Exp(b-a))
			member[1][i] = 1 - member[0][i]
			likelihood += max(a, b) + math.Log1p(math.Exp(-math.Abs(a-b)))
		}
		if likelihood-last <= tolerance*float64(len(x)) {
			return likelihood
		}
		last = likelihood
		for g, w := range member {
			total := floats.Sum(w)
			if total == 0 {
				return math.Inf(-1) // the group died out
			}
			m.weight[g] = total / float64(len(x))
			m.mean[g] = stat.Mean(x, w)
			m.deviation[g] = max(math.Sqrt(stat.PopVariance(x, w)), least)
		}
	}
	return last
}

// logDensity is the logarithm of group g's share of the density at v.
func (m *mixture) logDensity(g int, v float64) float64 {
	return math.Log(m.weight[g]) + distuv.Normal{Mu: m.mean[g], Sigma: m.deviation[g]}.LogProb(v)
}

// lower is the probability that v belongs to the lower group. Values below its
// mean do, however wide the upper group is.
func (m *mixture) lower(v float64) float64 {
	if v <= m.mean[0] {
		return 1
	}
	return 1 / (1 + math.Exp(m.logDensity(1, v)-m.logDensity(0, v)))
}
