package memae

import (
	"strconv"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
)

// average keeps exponential moving averages of parameters.
type average struct {
	decay  float64
	params []*autograd.Tensor
	means  []*autograd.Tensor
	rest   []float32 // 1−decay for each
}

// newAverage starts from the present values of params, at least one.
func newAverage(params []*autograd.Tensor, decay float64) *average {
	a := &average{decay: decay, params: params}
	for _, p := range params {
		mean := autograd.NewConstant(p.Backend(), p.Shape()...)
		mean.Set(p.Data())
		a.means = append(a.means, mean)
		a.rest = append(a.rest, float32(1-decay))
	}
	return a
}

// update moves every mean towards its parameter: mean += (1−decay)·(p − mean).
func (a *average) update() {
	means, params := make([]kernels.Buffer, len(a.means)), make([]kernels.Buffer, len(a.means))
	for i, p := range a.params {
		means[i], params[i] = a.means[i].Buffer(), p.Buffer()
	}
	a.params[0].Backend().Blend(means, params, float32(a.decay), a.rest)
}

// swap exchanges the parameters' values with the means.
func (a *average) swap() {
	for i, p := range a.params {
		old := p.Data()
		p.Set(a.means[i].Data())
		a.means[i].Set(old)
	}
}

// State names the means.
func (a *average) State() []nn.Entry {
	var s []nn.Entry
	for i, m := range a.means {
		s = append(s, nn.Entry{Name: strconv.Itoa(i), Tensor: m, Buffer: true})
	}
	return s
}
