package memae

import (
	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/nn"
)

// term is one part of the objective.
type term struct {
	name   string
	weight float64
	value  *autograd.Tensor // [1]
}

// objective is L = Σ weight·term of one batch.
type objective struct {
	terms []term
	usage memoryTerms
}

func (o *objective) add(name string, weight float64, value func() *autograd.Tensor) {
	if weight != 0 {
		o.terms = append(o.terms, term{name, weight, value()})
	}
}

// total is the weighed sum.
func (o *objective) total(t *autograd.Tape) *autograd.Tensor {
	var sum *autograd.Tensor
	for _, part := range o.terms {
		weighed := t.MulScalar(part.value, float32(part.weight))
		if sum == nil {
			sum = weighed
		} else {
			sum = t.Add(sum, weighed)
		}
	}
	return sum
}

// generatorObjective computes every term of the generator's loss for the photos
// x and their reconstruction fake.
func (tr *trainer) generatorObjective(t *autograd.Tape, x, fake *autograd.Tensor, read Read) objective {
	l := tr.config.Loss
	var o objective
	// first, because it needs the most memory: nothing of the others waits meanwhile
	if tr.features != nil {
		o.add("vgg", l.VGG, func() *autograd.Tensor { return tr.features.Loss(t, x, fake) })
	}
	o.add("rec", l.Rec, func() *autograd.Tensor { return nn.L1(t, fake, x) })
	o.add("ssim", l.SSIM, func() *autograd.Tensor {
		return t.AddScalar(t.Neg(tr.similarity(t, x, fake)), 1)
	})
	if l.GAN != 0 || l.Feature != 0 {
		var real []*autograd.Tensor
		if l.Feature != 0 {
			t.NoGrad(func() { _, real = tr.disc.Forward(t, x) })
		}
		verdict, features := tr.disc.Forward(t, fake)
		o.add("gan", l.GAN, func() *autograd.Tensor { return nn.HingeG(t, verdict) })
		o.add("feature", l.Feature, func() *autograd.Tensor { return nn.FeatureMatching(t, real, features, nn.Reduction(l.L1Reduce)) })
	}
	o.usage = tr.gen.Memory.losses(t, read, tr.config.Margin, tr.config.Trust)
	o.add("margin", l.Margin, func() *autograd.Tensor { return o.usage.margin })
	o.add("trust", l.Trust, func() *autograd.Tensor { return o.usage.trust })
	return o
}

// similarity is the mean SSIM of two batches in [-1,1], on the range that the
// configuration names.
func (tr *trainer) similarity(t *autograd.Tape, x, y *autograd.Tensor) *autograd.Tensor {
	l := tr.config.Loss
	return nn.SSIM(t, onRange(t, x, l.SSIMRange), onRange(t, y, l.SSIMRange), nn.SSIMOptions{Window: nn.SSIMWindow(l.SSIMWindow)})
}

// onRange maps [-1,1] to [0,1] for "unit".
func onRange(t *autograd.Tape, x *autograd.Tensor, name string) *autograd.Tensor {
	if name == "signed" {
		return x
	}
	return t.AddScalar(t.MulScalar(x, 0.5), 0.5)
}
