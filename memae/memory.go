package memae

import (
	"math"
	"math/rand/v2"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
)

// Memory holds M slots of Z values, prototypes of normal latents. A latent is
// read as a mixture of the slots nearest to it, weighed by a softmax over
// negative distances (TrustMAE eqs 1 to 3).
type Memory struct {
	Slots  *autograd.Tensor // [M,Z]
	config MemoryConfig
}

// NewMemory returns a memory of c.Slots slots of dim values, set as c.Init says
// ("data" starts as "normal" until SetSlots).
func NewMemory(b kernels.Backend, c MemoryConfig, dim int, rng *rand.Rand) *Memory {
	m := &Memory{Slots: autograd.NewParameter(b, c.Slots, dim), config: c}
	values := make([]float32, c.Slots*dim)
	bound := 1 / math.Sqrt(float64(dim))
	for i := range values {
		if c.Init == "uniform" {
			values[i] = float32((2*rng.Float64() - 1) * bound)
		} else {
			values[i] = float32(0.02 * rng.NormFloat64())
		}
	}
	m.Slots.Set(values)
	return m
}

// State names the slots.
func (m *Memory) State() []nn.Entry { return []nn.Entry{{Name: "slots", Tensor: m.Slots}} }

// Len is the number of slots, M.
func (m *Memory) Len() int { return m.Slots.Dim(0) }

// topK is the number of slots a read mixes; pruning can leave fewer than asked.
func (m *Memory) topK() int { return min(m.config.TopK, m.Len()) }

// Read is what addressing the memory with R latents gave.
type Read struct {
	Latents   *autograd.Tensor // z [R,Z], rows in the order n, h, w
	Distances *autograd.Tensor // d [R,M], Euclidean
	Weights   *autograd.Tensor // w [R,M], zero but for the k nearest slots
	Output    *autograd.Tensor // ẑ, of the latents' own shape
}

// Read addresses the memory with the latents z [N,Z,h,w].
func (m *Memory) Read(t *autograd.Tape, z *autograd.Tensor) Read {
	n, c, h, w := z.Dim(0), z.Dim(1), z.Dim(2), z.Dim(3)
	rows := t.Reshape(t.Permute(z, 0, 2, 3, 1), n*h*w, c) // [N,Z,h,w] → [N·h·w,Z]
	mixed, weights, d := m.read(t, rows, m.Slots)
	if m.config.STE && t.GradEnabled() {
		// adds 0, and the gradient of the read to the latent
		mixed = t.Add(mixed, t.Sub(rows, t.Detach(rows)))
	}
	output := t.Permute(t.Reshape(mixed, n, h, w, c), 0, 3, 1, 2)
	return Read{Latents: rows, Distances: d, Weights: weights, Output: output}
}

// read mixes slots [M,Z] for rows [R,Z]; d [R,M] are their distances.
func (m *Memory) read(t *autograd.Tape, rows, slots *autograd.Tensor) (mixed, weights, d *autograd.Tensor) {
	return t.ReadMemory(rows, slots, autograd.MemoryParams{K: m.topK(), Eps: float32(m.config.Eps), Tau: float32(m.config.Tau)})
}

// Usage is how the latents of one batch met the memory; see [Memory.Losses].
type Usage struct {
	MeanDistance float64 // mean d⁽¹⁾
	Delta1       float64 // mean δ₁ over the slots in use
	Pulled       float64 // share of latents with r = +1
	Pushed       float64 // share with r = −1
	Ignored      float64 // share with r = 0
	SlotsUsed    int     // slots that are nearest to some latent
}

// memoryTerms are the memory's losses with what their figures are read from.
type memoryTerms struct {
	margin, trust *autograd.Tensor // [1]
	nearest       *autograd.Tensor // d⁽¹⁾ [R,1]
	region        *autograd.Tensor // r [R,1]
	delta1        *autograd.Tensor // [1,M]
	hits          *autograd.Tensor // latents per nearest slot [1,M]
}

// losses returns the margin loss (eq. 4) and the trust-region loss (eqs 5, 6)
// of a read. Which side gradients reach is c's choice; r and δ₁ are constants.
func (m *Memory) losses(t *autograd.Tape, read Read, margin MarginConfig, trust TrustConfig) memoryTerms {
	var out memoryTerms
	var first, second *autograd.Tensor // masks [R,M]
	t.NoGrad(func() {
		first = t.SmallestK(read.Distances, 1)
		second = t.Sub(t.SmallestK(read.Distances, 2), first)
		out.nearest = t.Sum(t.Mul(read.Distances, first), 1)
		out.hits = t.Sum(first, 0)
		total := t.Sum(t.Mul(read.Distances, first), 0)
		out.delta1 = t.Div(total, t.Maximum(out.hits, t.Full(1, 1, 1)))
		out.region = m.region(t, out.nearest, t.Sum(t.Mul(first, out.delta1), 1), trust.Delta2)
	})

	d := read.Distances
	if margin.Grad == "enc" {
		_, _, d = m.read(t, read.Latents, t.Detach(m.Slots))
	}
	gap := t.Sum(t.Mul(d, t.Sub(first, second)), 1) // d⁽¹⁾ − d⁽²⁾
	out.margin = t.Mean(t.ReLU(t.AddScalar(gap, 1)))

	switch d = read.Distances; trust.Grad {
	case "enc":
		_, _, d = m.read(t, read.Latents, t.Detach(m.Slots))
	case "mem":
		_, _, d = m.read(t, t.Detach(read.Latents), m.Slots)
	}
	pull := t.Mul(out.region, t.Sum(t.Mul(d, first), 1)) // r·d⁽¹⁾
	switch trust.Reduce {
	case "mean":
		out.trust = t.Mean(pull)
	case "sum":
		out.trust = t.Sum(pull)
	case "active":
		var active *autograd.Tensor
		t.NoGrad(func() { active = t.Maximum(t.Sum(t.Abs(out.region)), t.Full(1, 1)) })
		out.trust = t.Div(t.Sum(pull), active)
	}
	return out
}

// deltaSlack keeps a slot hit by one latent, where d = δ₁, on the inside
// whatever the rounding.
const deltaSlack = 1 + 1e-6

// region returns r [R,1]: +1 where d ≤ δ₁ (tested first), −1 where d ≤ δ₂, else
// 0. A negative δ₂ stands for none.
func (m *Memory) region(t *autograd.Tape, d, delta1 *autograd.Tensor, delta2 float64) *autograd.Tensor {
	inside := t.LessEqual(d, t.MulScalar(delta1, deltaSlack))
	outside := t.AddScalar(t.Neg(inside), 1)
	if delta2 >= 0 {
		outside = t.Mul(outside, t.LessEqual(d, t.Full(float32(delta2), 1, 1)))
	}
	return t.Sub(inside, outside)
}

// usage counts from the values of memoryTerms.
func usage(nearest, region, delta1, hits []float32) Usage {
	var u Usage
	for i, d := range nearest {
		u.MeanDistance += float64(d)
		switch region[i] {
		case 1:
			u.Pulled++
		case -1:
			u.Pushed++
		default:
			u.Ignored++
		}
	}
	n := float64(len(nearest))
	u.MeanDistance /= n
	u.Pulled, u.Pushed, u.Ignored = u.Pulled/n, u.Pushed/n, u.Ignored/n
	for j, n := range hits {
		if n > 0 {
			u.SlotsUsed++
			u.Delta1 += float64(delta1[j])
		}
	}
	u.Delta1 /= float64(u.SlotsUsed)
	return u
}

// SetSlots overwrites the memory with distinct rows of latents ([R,Z] values,
// row-major), drawn at random. With fewer latents than slots, the rest are
// copies with a little noise, so that they can part.
func (m *Memory) SetSlots(latents []float32, rng *rand.Rand) {
	dim := m.Slots.Dim(1)
	order := rng.Perm(len(latents) / dim)
	values := make([]float32, 0, m.Slots.Len())
	for j := range m.Len() {
		row := order[j%len(order)]
		for _, v := range latents[row*dim : (row+1)*dim] {
			if j >= len(order) {
				v += float32(0.02 * rng.NormFloat64())
			}
			values = append(values, v)
		}
	}
	m.Slots.Set(values)
}

// keep drops every slot that is not marked. At least one must be.
func (m *Memory) keep(marked []bool) {
	dim := m.Slots.Dim(1)
	old := m.Slots.Data()
	var values []float32
	for j, on := range marked {
		if on {
			values = append(values, old[j*dim:(j+1)*dim]...)
		}
	}
	m.Slots = autograd.NewParameter(m.Slots.Backend(), len(values)/dim, dim)
	m.Slots.Set(values)
}
