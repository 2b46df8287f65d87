package memae

import (
	"fmt"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
)

// replay is how the steps of a batch size are queued: operation by operation at
// first, then as a whole, recorded from one of them.
type replay struct {
	steps int           // queued by operations since there was last a graph
	graph kernels.Graph // nil: none yet
}

// stepsBeforeGraph is how many steps of a batch size are queued by operations.
// With the second, memory stops growing, and what is chosen by trying has been.
const stepsBeforeGraph = 2

// perform does a step's work, by whichever way is at hand. All that differs
// between steps lies in buffers: photos, classes and the optimisers' constants.
func (tr *trainer) perform(w *workplace) error {
	r := &w.replay
	if r.graph == nil && tr.capturer != nil && r.steps >= stepsBeforeGraph {
		if err := tr.capture(w); err != nil {
			return err
		}
	}
	if r.graph == nil {
		r.steps++
		return tr.compute(w, (*nn.Adam).Step)
	}
	for _, o := range tr.active() {
		o.Advance()
	}
	if r.graph.Launch() {
		return nil
	}
	// Other work has its memory. Another graph is recorded once that has settled.
	r.release()
	return tr.compute(w, (*nn.Adam).Apply)
}

// capture records a step. Where the device cannot, it says why and steps go on
// operation by operation.
func (tr *trainer) capture(w *workplace) error {
	var failed error
	graph, err := tr.capturer.Capture(func() { failed = tr.compute(w, (*nn.Adam).Apply) })
	if err != nil {
		tr.capturer = nil
		if tr.message != nil {
			tr.message(fmt.Sprintf("training steps are queued operation by operation, which takes longer: %v", err))
		}
		return nil
	}
	w.replay.graph = graph
	return failed
}

// active are the optimisers that a step moves.
func (tr *trainer) active() []*nn.Adam {
	if tr.adversarial() {
		return tr.optimisers()
	}
	return []*nn.Adam{tr.weightsAdam, tr.memoryAdam}
}

func (r *replay) release() {
	if r.graph != nil {
		r.graph.Release()
	}
	*r = replay{}
}

// releaseGraphs gives recorded steps up.
func (tr *trainer) releaseGraphs() {
	for _, w := range tr.workplaces {
		w.replay.release()
	}
}
