package nn

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
)

// lossCases are the losses of golden.py's losses().
var lossCases = []struct {
	name string
	of   func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor
}{
	{"l1", func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor { return L1(t, x[0], x[1]) }},
	{"mse", func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor { return MSE(t, x[0], x[1]) }},
	{"ssim", func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor {
		return SSIM(t, x[0], x[1], SSIMOptions{})
	}},
	{"ssim_small", func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor {
		return SSIM(t, x[0], x[1], SSIMOptions{})
	}},
	{"ssim_box", func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor {
		return SSIM(t, x[0], x[1], SSIMOptions{Window: "box", Size: 7, C1: 0.02, C2: 0.05})
	}},
	{"ssim_map", func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor {
		return SSIMMap(t, x[0], x[1], SSIMOptions{Size: 5, Sigma: 0.8})
	}},
	{"hinge_d", func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor { return HingeD(t, x[0], x[1]) }},
	{"hinge_g", func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor { return HingeG(t, x[0]) }},
	{"matching_mean", func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor {
		return FeatureMatching(t, x[:2], x[2:], "mean")
	}},
	{"matching_sum", func(t *autograd.Tape, x []*autograd.Tensor) *autograd.Tensor {
		return FeatureMatching(t, x[:2], x[2:], "sum")
	}},
}

func TestLossesMatchPyTorch(t *testing.T) {
	g := readGolden(t, "losses.safetensors")
	for _, c := range lossCases {
		t.Run(c.name, func(t *testing.T) {
			tol := 2e-6
			if len(c.name) >= 4 && c.name[:4] == "ssim" {
				tol = 1e-5 // E[x²]−E[x]² cancels in float32
			}
			tape := newTape()
			var inputs []*autograd.Tensor
			for i := 0; ; i++ {
				name := fmt.Sprintf("%s/x%d", c.name, i)
				if _, ok := g[name]; !ok {
					break
				}
				inputs = append(inputs, g.variable(t, tape, name))
			}
			value := c.of(tape, inputs)
			g.requireClose(t, c.name+"/value", value, tol)
			tape.Backward(tape.Sum(value))
			for i, x := range inputs {
				want := g[fmt.Sprintf("%s/grad%d", c.name, i)]
				if allZero(want.Data) {
					require.Nil(t, x.Grad(), "input %d is detached", i)
					continue
				}
				g.requireClose(t, want.Name, x.Grad(), tol)
			}
		})
	}
}

func allZero(values []float32) bool {
	for _, v := range values {
		if v != 0 {
			return false
		}
	}
	return true
}
