package perceptual

import "github.com/org/trustmae/autograd"

// pairWalk computes the features of two batches of images, x and y, tap by tap.
type pairWalk struct {
	x *walk
	y *walk // nil: x computes both as one batch, which reads weights once
}

// start standardizes x and y and returns their pair of walks. Where gradients
// are recorded they go apart, so that one that needs none costs no backward pass.
func (l *LPIPS) start(t *autograd.Tape, x, y *autograd.Tensor) pairWalk {
	last := l.taps[len(l.taps)-1]
	l.features.check(x, last)
	walk := func(images *autograd.Tensor) *walk {
		w := l.features.start(l.input.apply(t, images), last)
		w.shared = false // the standardized images are ours
		return w
	}
	if t.GradEnabled() && (x.RequiresGrad() || y.RequiresGrad()) {
		return pairWalk{walk(x), walk(y)}
	}
	both := t.Concat(0, x, y)
	defer both.Release()
	return pairWalk{x: walk(both)}
}

// next goes on to the output of layer tap.
func (p pairWalk) next(t *autograd.Tape, tap int) {
	p.x.next(t, tap)
	if p.y != nil {
		p.y.next(t, tap)
	}
}

// features returns the current features of x and of y, [N,C,h,w] each.
func (p pairWalk) features(t *autograd.Tape) (fx, fy *autograd.Tensor) {
	if p.y != nil {
		return p.x.x, p.y.x
	}
	n := p.x.x.Dim(0) / 2
	return t.Narrow(p.x.x, 0, 0, n), t.Narrow(p.x.x, 0, n, n)
}

// release gives the current features back.
func (p pairWalk) release() {
	p.x.release()
	if p.y != nil {
		p.y.release()
	}
}
