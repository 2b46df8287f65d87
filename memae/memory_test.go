package memae

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels/cpu"
)

// usageOf is the usage of a batch.
func usageOf(terms memoryTerms) Usage {
	return usage(terms.nearest.Data(), terms.region.Data(), terms.delta1.Data(), terms.hits.Data())
}

func backend(t testing.TB) *cpu.Backend {
	t.Helper()
	b, err := cpu.Default()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func normals(rng *rand.Rand, n int, scale float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(scale * rng.NormFloat64())
	}
	return out
}

// reference is equations 1 to 6 in float64, one latent at a time.
type reference struct {
	weights, output [][]float64
	margin, trust   float64
	usage           Usage
}

func newReference(z, slots [][]float64, k int, delta2 float64) reference {
	var ref reference
	nearest := make([]int, len(z))
	first := make([]float64, len(z))
	hits, sums := make([]float64, len(slots)), make([]float64, len(slots))
	for i, v := range z {
		d := make([]float64, len(slots))
		for j, m := range slots {
			for c := range m {
				d[j] += (v[c] - m[c]) * (v[c] - m[c])
			}
			d[j] = math.Sqrt(d[j])
		}
		order := make([]int, len(slots))
		for j := range order {
			order[j] = j
		}
		slices.SortFunc(order, func(a, b int) int { return int(math.Copysign(1, d[a]-d[b])) })
		weights, sum := make([]float64, len(slots)), 0.0
		for _, j := range order[:k] {
			weights[j] = math.Exp(-d[j])
			sum += weights[j]
		}
		output := make([]float64, len(v))
		for j := range weights {
			weights[j] /= sum
			for c := range output {
				output[c] += weights[j] * slots[j][c]
			}
		}
		ref.weights, ref.output = append(ref.weights, weights), append(ref.output, output)
		nearest[i], first[i] = order[0], d[order[0]]
		hits[order[0]]++
		sums[order[0]] += first[i]
		ref.margin += max(0, d[order[0]]-d[order[1]]+1) / float64(len(z))
		ref.usage.MeanDistance += first[i] / float64(len(z))
	}
	for i, d := range first {
		j := nearest[i]
		switch {
		case d <= sums[j]/hits[j]*(1+1e-6):
			ref.trust += d / float64(len(z))
			ref.usage.Pulled += 1 / float64(len(z))
		case d <= delta2 || delta2 < 0:
			ref.trust -= d / float64(len(z))
			ref.usage.Pushed += 1 / float64(len(z))
		default:
			ref.usage.Ignored += 1 / float64(len(z))
		}
	}
	for _, n := range hits {
		if n > 0 {
			ref.usage.SlotsUsed++
		}
	}
	return ref
}

func rows(values []float32, n int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		for _, v := range values[i*len(values)/n : (i+1)*len(values)/n] {
			out[i] = append(out[i], float64(v))
		}
	}
	return out
}

func near(got, want, tol float64) bool { return math.Abs(got-want) <= tol }

func TestMemoryMatchesEquations(t *testing.T) {
	const n, z, h, w, slots = 3, 6, 2, 2, 9
	for _, test := range []struct {
		name   string
		k      int
		delta2 float64
	}{
		{"sparse", 3, 20}, {"one slot", 1, 20}, {"dense", slots, 20}, {"tight region", 3, 3}, {"pull only", 3, 0}, {"no outer radius", 3, -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			c := DefaultConfig().Memory
			c.Slots, c.TopK = slots, test.k
			m := NewMemory(backend(t), c, z, rng)
			m.Slots.Set(normals(rng, slots*z, 1))
			images := normals(rng, n*z*h*w, 1.5)

			tape := autograd.NewTape(backend(t))
			defer tape.Reset()
			read := m.Read(tape, tape.Variable(images, n, z, h, w))
			terms := m.losses(tape, read, MarginConfig{"both"}, TrustConfig{test.delta2, "both", "mean"})

			latents := read.Latents.Data()
			if got, want := latents[1], images[h*w]; got != want {
				t.Fatalf("second value of the first latent is %v, want channel 1: %v", got, want)
			}
			ref := newReference(rows(latents, n*h*w), rows(m.Slots.Data(), slots), test.k, test.delta2)
			weights := read.Weights.Data()
			output := tape.Permute(read.Output, 0, 2, 3, 1).Data()
			for i := range n * h * w {
				for j, want := range ref.weights[i] {
					if got := float64(weights[i*slots+j]); !near(got, want, 1e-5) {
						t.Fatalf("weight [%d,%d] is %v, want %v", i, j, got, want)
					}
				}
				for j, want := range ref.output[i] {
					if got := float64(output[i*z+j]); !near(got, want, 1e-5) {
						t.Fatalf("output [%d,%d] is %v, want %v", i, j, got, want)
					}
				}
			}
			if got := float64(terms.margin.Item()); !near(got, ref.margin, 1e-5) {
				t.Errorf("margin loss %v, want %v", got, ref.margin)
			}
			if got := float64(terms.trust.Item()); !near(got, ref.trust, 1e-5) {
				t.Errorf("trust loss %v, want %v", got, ref.trust)
			}
			u := usageOf(terms)
			if !near(u.MeanDistance, ref.usage.MeanDistance, 1e-5) || !near(u.Pulled, ref.usage.Pulled, 1e-9) ||
				!near(u.Pushed, ref.usage.Pushed, 1e-9) || !near(u.Ignored, ref.usage.Ignored, 1e-9) || u.SlotsUsed != ref.usage.SlotsUsed {
				t.Errorf("usage %+v, want %+v", u, ref.usage)
			}
		})
	}
}

// Which of z and M the losses' gradients reach.
// TestReadWithoutGradient compares the one operation of scoring with those of
// training.
func TestReadWithoutGradient(t *testing.T) {
	const n, z, h, w, slots = 2, 40, 3, 5, 21
	for _, k := range []int{1, 3, slots} {
		for _, ste := range []bool{false, true} {
			rng := rand.New(rand.NewPCG(1, 2))
			c := DefaultConfig().Memory
			c.Slots, c.TopK, c.STE = slots, k, ste
			m := NewMemory(backend(t), c, z, rng)
			m.Slots.Set(normals(rng, slots*z, 1))
			tape := autograd.NewTape(backend(t))
			x := tape.Input(normals(rng, n*z*h*w, 1.5), n, z, h, w)
			want := m.Read(tape, x)
			tape.NoGrad(func() {
				got := m.Read(tape, x)
				for name, pair := range map[string][2]*autograd.Tensor{
					"latents": {got.Latents, want.Latents}, "distances": {got.Distances, want.Distances},
					"weights": {got.Weights, want.Weights}, "output": {got.Output, want.Output},
				} {
					values := pair[0].Data()
					for i, v := range pair[1].Data() {
						if !near(float64(values[i]), float64(v), 2e-6*math.Max(1, math.Abs(float64(v)))) {
							t.Fatalf("k=%d, ste=%t: %s [%d] is %g, want %g as in training", k, ste, name, i, values[i], v)
						}
					}
				}
			})
			tape.Reset()
		}
	}
}

func TestMemoryGradientRouting(t *testing.T) {
	for _, test := range []struct {
		margin, trust                          string
		marginMemory, trustLatent, trustMemory bool
	}{
		{"both", "both", true, true, true},
		{"enc", "enc", false, true, false},
		{"both", "mem", true, false, true},
	} {
		rng := rand.New(rand.NewPCG(5, 6))
		c := DefaultConfig().Memory
		c.Slots = 8
		m := NewMemory(backend(t), c, 4, rng)
		m.Slots.Set(normals(rng, 32, 1))
		tape := autograd.NewTape(backend(t))
		z := tape.Variable(normals(rng, 2*4*4, 1), 2, 4, 2, 2)
		terms := m.losses(tape, m.Read(tape, z), MarginConfig{test.margin}, TrustConfig{20, test.trust, "mean"})
		reaches := func(loss, x *autograd.Tensor) bool {
			_, err := tape.Grad(loss, []*autograd.Tensor{x}, autograd.GradOptions{RetainGraph: true})
			return err == nil
		}
		if !reaches(terms.margin, z) {
			t.Errorf("margin %s: no gradient to z", test.margin)
		}
		if got := reaches(terms.margin, m.Slots); got != test.marginMemory {
			t.Errorf("margin %s: gradient to the memory %v, want %v", test.margin, got, test.marginMemory)
		}
		if got := reaches(terms.trust, z); got != test.trustLatent {
			t.Errorf("trust %s: gradient to z %v, want %v", test.trust, got, test.trustLatent)
		}
		if got := reaches(terms.trust, m.Slots); got != test.trustMemory {
			t.Errorf("trust %s: gradient to the memory %v, want %v", test.trust, got, test.trustMemory)
		}
		tape.Reset()
	}
}

func TestTrustReductions(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	c := DefaultConfig().Memory
	c.Slots = 8
	m := NewMemory(backend(t), c, 4, rng)
	m.Slots.Set(normals(rng, 32, 1))
	z := normals(rng, 6*4*4, 2)
	loss := func(reduce string) (float64, Usage) {
		tape := autograd.NewTape(backend(t))
		defer tape.Reset()
		terms := m.losses(tape, m.Read(tape, tape.Variable(z, 6, 4, 2, 2)), MarginConfig{"both"}, TrustConfig{2.5, "both", reduce})
		return float64(terms.trust.Item()), usageOf(terms)
	}
	mean, u := loss("mean")
	if u.Ignored == 0 || u.Ignored == 1 {
		t.Fatalf("the test wants some latents beyond δ₂, got usage %+v", u)
	}
	if sum, _ := loss("sum"); !near(sum, 24*mean, 1e-4) {
		t.Errorf("sum %v, want %v", sum, 24*mean)
	}
	if active, _ := loss("active"); !near(active, mean/(1-u.Ignored), 1e-5) {
		t.Errorf("active %v, want %v", active, mean/(1-u.Ignored))
	}
}

func TestStraightThroughKeepsValuesAndAddsIdentity(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	values, z := normals(rng, 8*4, 1), normals(rng, 4*4, 1)
	run := func(ste bool) (out, grad []float32) {
		c := DefaultConfig().Memory
		c.Slots, c.STE = 8, ste
		m := NewMemory(backend(t), c, 4, rng)
		m.Slots.Set(values)
		tape := autograd.NewTape(backend(t))
		defer tape.Reset()
		x := tape.Variable(z, 1, 4, 2, 2)
		read := m.Read(tape, x)
		g, err := tape.Grad(tape.Sum(read.Output), []*autograd.Tensor{x}, autograd.GradOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return read.Output.Data(), g[0].Data()
	}
	plainOut, plainGrad := run(false)
	out, grad := run(true)
	if !slices.Equal(out, plainOut) {
		t.Errorf("values change: %v, want %v", out, plainOut)
	}
	for i := range grad {
		if !near(float64(grad[i]), float64(plainGrad[i])+1, 1e-5) {
			t.Errorf("gradient %d is %v, want %v + 1", i, grad[i], plainGrad[i])
		}
	}
}

func TestSetSlotsDrawsDistinctLatents(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	c := DefaultConfig().Memory
	c.Slots = 5
	m := NewMemory(backend(t), c, 2, rng)
	latents := []float32{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6}
	m.SetSlots(latents, rng)
	seen := map[float32]bool{}
	for i, v := range m.Slots.Data() {
		if i%2 == 0 {
			if seen[v] || v != float32(int(v)) {
				t.Errorf("slot %d is %v: drawn twice or not a latent", i/2, v)
			}
			seen[v] = true
		}
	}
	m.SetSlots(latents[:4], rng) // fewer latents than slots
	got := m.Slots.Data()
	if got[0] == got[4] && got[1] == got[5] {
		t.Errorf("copies are equal: %v", got)
	}
}
