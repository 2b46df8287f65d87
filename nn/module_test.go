package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/kernels/cpu"
)

func TestStateNames(t *testing.T) {
	b := backend
	r := NewResidual(NewConv2d(b, 2, 2, 1, Conv2dOptions{Bias: true, SpectralNorm: true}))
	r.After = NewBatchNorm2d(b, 2, DefaultNorm(1))
	net := Sequential{NewConvTranspose2d(b, 2, 2, 1, ConvTranspose2dOptions{}), Tanh{}, r, NewConditionalBatchNorm2d(b, 3, 2, DefaultNorm(1))}
	var names []string
	for _, e := range Prefix("g", net.State()) {
		names = append(names, e.Name)
	}
	require.Equal(t, []string{
		"g.0.weight",
		"g.2.body.weight_orig", "g.2.body.weight_u", "g.2.body.weight_v", "g.2.body.bias",
		"g.2.after.weight", "g.2.after.bias", "g.2.after.running_mean", "g.2.after.running_var",
		"g.3.weight", "g.3.bias", "g.3.running_mean", "g.3.running_var",
	}, names)
	require.Len(t, Parameters(net), 7)
	require.Len(t, Parameters(net, net), 7, "shared tensors appear once")
}

// TestConditionalOneClass demands the bits of the affine batch norm.
func TestConditionalOneClass(t *testing.T) {
	b := backend
	affine := NewBatchNorm2d(b, 3, DefaultNorm(0.2))
	conditional := NewConditionalBatchNorm2d(b, 1, 3, DefaultNorm(0.2))
	for _, m := range []Module{affine, conditional} {
		m.State()[0].Tensor.Set([]float32{0.5, -1, 2})
		m.State()[1].Tensor.Set([]float32{0.1, 0, -0.3})
	}
	pixels := normals(2*3*4*4, 1)
	for _, training := range []bool{true, false} {
		var outputs, gradients, states [2][]float32
		for i, m := range []Module{affine, conditional} {
			m.SetTraining(training)
			tape := newTape()
			x := tape.Variable(pixels, 2, 3, 4, 4)
			y := m.Forward(tape, x)
			outputs[i] = y.Data()
			tape.Backward(tape.Sum(tape.Square(y)))
			gradients[i] = x.Grad().Data()
			for _, e := range m.State() {
				states[i] = append(states[i], e.Tensor.Data()...)
				if !e.Buffer {
					gradients[i] = append(gradients[i], e.Tensor.Grad().Data()...)
				}
			}
		}
		require.Equal(t, outputs[0], outputs[1])
		require.Equal(t, gradients[0], gradients[1])
		require.Equal(t, states[0], states[1])
	}
}

// TestEvaluationIsReadOnly runs one network in several goroutines.
func TestEvaluationIsReadOnly(t *testing.T) {
	b := backend
	net := newAutoencoder(b)
	net = append(net, NewConv2d(b, 3, 3, 1, Conv2dOptions{SpectralNorm: true}))
	InitNormal(net, 0.1, rand.New(rand.NewPCG(1, 0)))
	net.SetTraining(false)
	before := SaveState(net.State())
	pixels := normals(3*16*16, 2)
	outputs := make([][]float32, 4)
	var wg sync.WaitGroup
	for i := range outputs {
		wg.Go(func() {
			tape := newTape()
			tape.NoGrad(func() { outputs[i] = net.Forward(tape, tape.Input(pixels, 1, 3, 16, 16)).Data() })
			tape.Reset()
		})
	}
	wg.Wait()
	for _, y := range outputs[1:] {
		require.Equal(t, outputs[0], y)
	}
	require.Equal(t, before, SaveState(net.State()))
}

// TestForwardReleases demands that without gradient only input and output stay
// in memory, and that training steps do not add up.
func TestForwardReleases(t *testing.T) {
	b, err := cpu.New(cpu.Options{})
	require.NoError(t, err)
	d := newCritic(b)
	net := append(newAutoencoder(b), NewResidual(NewConditionalBatchNorm2d(b, 2, 3, DefaultNorm(0.2))),
		NewConv2d(b, 3, 3, 3, Conv2dOptions{Padding: 1, PaddingMode: PadReflect}), d.Sequential)
	InitNormal(net, 0.1, rand.New(rand.NewPCG(1, 0)))
	pixels := normals(2*3*16*16, 3)
	tape := autograd.NewTape(b)
	for _, training := range []bool{false, true} {
		net.SetTraining(training)
		tape.NoGrad(func() {
			x := tape.Input(pixels, 2, 3, 16, 16)
			before := b.Stats().InUse
			net.Forward(tape, x).Release()
			require.Equal(t, before, b.Stats().InUse, "training %t", training)
		})
		tape.Reset()
	}

	adam := NewAdam(Parameters(net), AdamOptions{LR: 1e-3})
	var inUse []int64
	for range 4 {
		x := tape.Input(pixels, 2, 3, 16, 16)
		tape.Backward(tape.Mean(tape.Square(net.Forward(tape, x))))
		require.NoError(t, adam.Step())
		adam.ZeroGrad()
		tape.Reset()
		inUse = append(inUse, b.Stats().InUse)
	}
	require.Equal(t, inUse[1], inUse[3])
}

func TestInit(t *testing.T) {
	b := backend
	build := func() Sequential {
		return Sequential{
			NewConv2d(b, 16, 32, 3, Conv2dOptions{Bias: true, SpectralNorm: true}),
			NewConvTranspose2d(b, 32, 8, 4, ConvTranspose2dOptions{Bias: true}),
			NewBatchNorm2d(b, 8, DefaultNorm(1)), NewConditionalBatchNorm2d(b, 2, 8, DefaultNorm(1)),
		}
	}
	deviation := func(x *autograd.Tensor) float64 {
		sum := 0.0
		for _, v := range x.Data() {
			sum += float64(v) * float64(v)
		}
		return math.Sqrt(sum / float64(x.Len()))
	}
	for name, c := range map[string]struct {
		fill       func(Module, uint64)
		conv, back float64
	}{
		"normal": {func(m Module, seed uint64) { InitNormal(m, 0.02, rand.New(rand.NewPCG(seed, 0))) }, 0.02, 0.02},
		"xavier": {
			func(m Module, seed uint64) { InitXavier(m, 0.5, rand.New(rand.NewPCG(seed, 0))) },
			0.5 * math.Sqrt(2.0/(9*48)), 0.5 * math.Sqrt(2.0/(16*40)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			net, same, other := build(), build(), build()
			for _, e := range net.State() { // must not matter
				if !e.Buffer {
					fill(e.Tensor, 7)
				}
			}
			c.fill(net, 1)
			c.fill(same, 1)
			c.fill(other, 2)
			require.Equal(t, SaveState(net.State()), SaveState(same.State()))
			require.NotEqual(t, SaveState(net.State()), SaveState(other.State()))
			state := map[string]*autograd.Tensor{}
			for _, e := range net.State() {
				state[e.Name] = e.Tensor
			}
			require.InEpsilon(t, c.conv, deviation(state["0.weight_orig"]), 0.05)
			require.InEpsilon(t, c.back, deviation(state["1.weight"]), 0.05)
			require.True(t, allZero(state["0.bias"].Data()))
			require.Equal(t, slices.Repeat([]float32{1}, 8), state["2.weight"].Data())
			require.Equal(t, slices.Repeat([]float32{1}, 16), state["3.weight"].Data())
			require.True(t, allZero(state["3.bias"].Data()))
		})
	}
}

func TestLoadStateErrors(t *testing.T) {
	conv := NewConv2d(backend, 1, 2, 1, Conv2dOptions{Bias: true})
	weight := safetensors.Tensor{Name: "weight", Shape: []int{2, 1, 1, 1}, Data: []float32{1, 2}}
	bias := safetensors.Tensor{Name: "bias", Shape: []int{2}, Data: []float32{3, 4}}
	for name, c := range map[string]struct {
		tensors []safetensors.Tensor
		want    string
	}{
		"missing": {[]safetensors.Tensor{weight}, `tensor "bias" (shape [2]) is missing`},
		"surplus": {[]safetensors.Tensor{weight, bias, {Name: "extra"}}, `tensor "extra" does not belong`},
		"twice":   {[]safetensors.Tensor{weight, bias, bias}, `tensor "bias" appears twice`},
		"shape":   {[]safetensors.Tensor{weight, {Name: "bias", Shape: []int{3}, Data: make([]float32, 3)}}, `tensor "bias" has shape [3] (3 values), want [2]`},
		"length":  {[]safetensors.Tensor{weight, {Name: "bias", Shape: []int{2}}}, `tensor "bias" has shape [2] (0 values), want [2]`},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, LoadState(conv.State(), c.tensors), c.want)
			require.Equal(t, []float32{0, 0}, conv.Weight.Data(), "nothing changes")
		})
	}
	require.NoError(t, LoadState(conv.State(), []safetensors.Tensor{bias, weight}))
	require.Equal(t, []safetensors.Tensor{weight, bias}, SaveState(conv.State()))
	require.PanicsWithValue(t, `nn: entries 0 and 2 are both named "weight"; use Prefix`, func() {
		SaveState(append(conv.State(), conv.State()...))
	})
}

func TestPanics(t *testing.T) {
	b := backend
	tape := newTape()
	image := func(shape ...int) *autograd.Tensor { return tape.Full(0, shape...) }
	for want, f := range map[string]func(){
		"nn.Conv2d: input has 4 channels, want 3 (input [2 4 32 32])": func() {
			NewConv2d(b, 3, 8, 3, Conv2dOptions{}).Forward(tape, image(2, 4, 32, 32))
		},
		"nn.ConvTranspose2d: input of rank 2, want [N,C,H,W] (input [2 4])": func() {
			NewConvTranspose2d(b, 3, 8, 3, ConvTranspose2dOptions{}).Forward(tape, image(2, 4))
		},
		`nn.NewConv2d: padding mode "mirror", want "zero" or "reflect"`: func() {
			NewConv2d(b, 3, 8, 3, Conv2dOptions{PaddingMode: "mirror"})
		},
		"nn.NewBatchNorm2d: eps 0, momentum 0, want eps > 0 and momentum in 0–1; start from nn.DefaultNorm": func() {
			NewBatchNorm2d(b, 3, NormOptions{})
		},
		"nn.BatchNorm2d: 1 value per channel while training, want more (input [1 3 1 1])": func() {
			NewBatchNorm2d(b, 3, DefaultNorm(1)).Forward(tape, image(1, 3, 1, 1))
		},
		"nn.ConditionalBatchNorm2d.SetClasses: class 2, want 0–1": func() {
			NewConditionalBatchNorm2d(b, 2, 3, DefaultNorm(1)).SetClasses([]int{0, 2})
		},
		"nn.ConditionalBatchNorm2d: 1 classes set, want one per image (input [2 3 4 4])": func() {
			c := NewConditionalBatchNorm2d(b, 2, 3, DefaultNorm(1))
			c.SetClasses([]int{1})
			c.Forward(tape, image(2, 3, 4, 4))
		},
		"nn.NewInstanceNorm2d: eps 0, want > 0":         func() { NewInstanceNorm2d(0, 1) },
		"nn.L1: shapes [1 3] and [3], want equal ones":  func() { L1(tape, image(1, 3), image(3)) },
		`nn.SSIM: window "hann", want "gauss" or "box"`: func() { SSIM(tape, image(1, 1, 4, 4), image(1, 1, 4, 4), SSIMOptions{Window: "hann"}) },
		`nn.FeatureMatching: reduction "", want "mean" or "sum"`: func() {
			FeatureMatching(tape, []*autograd.Tensor{image(1)}, []*autograd.Tensor{image(1)}, "")
		},
	} {
		require.PanicsWithValue(t, want, f)
	}
}

// normals returns seeded random values.
func normals(n int, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 0))
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(rng.NormFloat64())
	}
	return values
}
