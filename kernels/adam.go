package kernels

import "math"

// AdamStep holds one step's options (Kingma and Ba 2015, algorithm 1; PyTorch's
// placement of eps, outside the corrected root; weight decay is L2, added to the
// gradient).
type AdamStep struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	Step                               int // 1 at the first step
}

// AdamConstants is how many values [AdamStep.Constants] returns.
const AdamConstants = 8

// Constants returns what [Elementwise.Adam] computes with: β₁, 1−β₁, β₂, 1−β₂,
// the step size LR/(1−β₁ᵗ), the root's scale 1/√(1−β₂ᵗ), eps and the weight decay.
func (s AdamStep) Constants() []float32 {
	t := float64(s.Step)
	return []float32{
		float32(s.Beta1), float32(1 - s.Beta1),
		float32(s.Beta2), float32(1 - s.Beta2),
		float32(s.LR / (1 - math.Pow(s.Beta1, t))),
		float32(1 / math.Sqrt(1-math.Pow(s.Beta2, t))),
		float32(s.Eps),
		float32(s.WeightDecay),
	}
}
