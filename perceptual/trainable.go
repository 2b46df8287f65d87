package perceptual

import (
	"math"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
)

// Trainable is a perceptual distance whose weights are parameters, for programs
// that make one. What State lists, saved as safetensors, is what [NewLPIPS]
// reads. Of the channel weights the logarithms are the parameters: they never
// become negative, and the small ones of a coarse tap, whose features differ far
// less than a fine one's, move as fast as the large ones.
type Trainable struct {
	distance *LPIPS
	logs     frozen // logarithms of the channel weights [1,C,1,1] of each tap
}

// NewTrainable returns network n with seeded random weights and equal channel
// weights.
func NewTrainable(b kernels.Backend, n Network, seed uint64) *Trainable {
	l := &LPIPS{
		features: &Features{network: n, table: n.layers(), weights: newParameters(b, n.params()), input: newImageNet(b)},
		lin:      newFrozen(b, n.lpipsBlueprint().params),
		taps:     n.lpipsTaps(),
	}
	l.features.weights.set(randomTrunk(seed, n))
	return &Trainable{l, newParameters(b, n.lpipsBlueprint().params)} // the logarithm of 1 is 0
}

// newParameters allocates the tensors of params as parameters, all zero.
func newParameters(b kernels.Backend, params []param) frozen {
	f := frozen{byName: make(map[string]*autograd.Tensor, len(params))}
	for _, p := range params {
		leaf := autograd.NewParameter(b, p.shape...)
		f.byName[p.name] = leaf
		f.entries = append(f.entries, nn.Entry{Name: p.name, Tensor: leaf})
	}
	return f
}

// Trunk lists the network's weights and biases in the order of its layers, as
// "features.0.weight" and so on.
func (d *Trainable) Trunk() []nn.Entry { return nn.Prefix("features", d.distance.features.State()) }

// Channels lists the logarithms of the channel weights, [1,C,1,1] for each tap,
// under the weights' names.
func (d *Trainable) Channels() []nn.Entry { return d.logs.entries }

// State lists Trunk and the present channel weights, which are no parameters:
// changing them changes nothing here.
func (d *Trainable) State() []nn.Entry {
	for i, e := range d.logs.entries {
		values := e.Tensor.Data()
		for k, v := range values {
			values[k] = float32(math.Exp(float64(v)))
		}
		d.distance.lin.entries[i].Tensor.Set(values)
	}
	return d.distance.State()
}

// Taps returns the compared features [N,C,h,w], one for each tap, of RGB images x
// [N,3,H,W] in [-1,1].
func (d *Trainable) Taps(t *autograd.Tape, x *autograd.Tensor) []*autograd.Tensor {
	return d.distance.features.Images(t, x, d.distance.taps...)
}

// Convs returns the output of every convolution, before its ReLU.
func (d *Trainable) Convs(t *autograd.Tape, x *autograd.Tensor) []*autograd.Tensor {
	var convs []int
	for i, l := range d.distance.features.table {
		if l.kind == convLayer {
			convs = append(convs, i)
		}
	}
	return d.distance.features.Images(t, x, convs...)
}

// Distance is [LPIPS.Spatial] of two images' taps, [N,1,h,w].
func (d *Trainable) Distance(t *autograd.Tape, x, y []*autograd.Tensor, h, w int) *autograd.Tensor {
	return scoped(t, func() *autograd.Tensor {
		var sum *autograd.Tensor
		for i := range x {
			weights := t.Exp(d.logs.entries[i].Tensor)
			part := t.ResizeBilinear(t.UnitDistance(x[i], y[i], weights, unitEps), h, w)
			if sum == nil {
				sum = part
			} else {
				sum = t.Add(sum, part)
			}
		}
		return sum
	})
}

// UnitLength scales every pixel's vector of features x [N,C,h,w] to length 1, as
// the distance does.
func UnitLength(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	return t.UnitLength(x, unitEps)
}
