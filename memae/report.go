package memae

import (
	"fmt"
	"math"
	"time"
)

// Figure is a named number of the training log.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// layout says what a step's log holds: the generator's loss and its terms, what
// the memory's usage is counted from, and the discriminator's loss.
type layout struct {
	terms          []string // "loss" first
	latents, slots int
	judged         bool // the discriminator takes part
}

func newLayout(o objective, judged bool) layout {
	l := layout{terms: []string{"loss"}, latents: o.usage.nearest.Len(), slots: o.usage.hits.Len(), judged: judged}
	for _, part := range o.terms {
		l.terms = append(l.terms, part.name)
	}
	return l
}

// len is the number of a log's values.
func (l layout) len() int {
	n := len(l.terms) + 2*l.latents + 2*l.slots
	if l.judged {
		n++
	}
	return n
}

// checkTerms returns an error that names a term of the generator's loss that is
// not a number. The loss is one where any is, and comes last.
func (l layout) checkTerms(log []float32) error {
	for i := range l.terms {
		i = (i + 1) % len(l.terms)
		if err := checkFinite(l.terms[i], log[i]); err != nil {
			return err
		}
	}
	return nil
}

// judgement is the discriminator's loss among the figures.
const judgement = "discriminator"

// checkJudgement is checkTerms for the discriminator's loss.
func (l layout) checkJudgement(log []float32) error {
	return checkFinite(judgement, log[len(log)-1])
}

func checkFinite(term string, value float32) error {
	if v := float64(value); math.IsNaN(v) || math.IsInf(v, 0) {
		return &DivergedError{Term: term, Value: v}
	}
	return nil
}

// figures reads a log.
func (l layout) figures(log []float32) ([]Figure, error) {
	if err := l.checkTerms(log); err != nil {
		return nil, err
	}
	var list []Figure
	for i, name := range l.terms {
		list = append(list, Figure{name, float64(log[i])})
	}
	cut := func(from, n int) []float32 { return log[len(l.terms)+from:][:n] }
	nearest, region := cut(0, l.latents), cut(l.latents, l.latents)
	delta1, hits := cut(2*l.latents, l.slots), cut(2*l.latents+l.slots, l.slots)
	list = append(list, usage(nearest, region, delta1, hits).figures()...)
	if !l.judged {
		return list, nil
	}
	return append(list, Figure{judgement, float64(log[len(log)-1])}), l.checkJudgement(log)
}

// report is a step's log, perhaps still on its way from the device.
type report struct {
	layout layout
	log    []float32
	wait   func() // until log is there; nil: it is
	photos int
	queued time.Time // when the step began
}

// figures waits for the step and returns its figures. A loss that is not a
// number is an error naming it.
func (r *report) figures() ([]Figure, error) {
	if r.wait != nil {
		r.wait()
	}
	return r.layout.figures(r.log)
}

// DivergedError tells that training cannot go on: a loss is not a number. On a
// device that works while the next step is prepared, the step that shows it may
// already have been followed by another; what they did is in no checkpoint.
type DivergedError struct {
	Term        string  // name of the loss
	Value       float64 // NaN or ±Inf
	Epoch, Step int     // where, from 1
}

// Error names the term and what to try.
func (e *DivergedError) Error() string {
	return fmt.Sprintf("memae: training diverged: loss %q is %v in epoch %d, step %d; the last checkpoint is intact: lower optimizer.lr or, for trust, set trust.delta2", e.Term, e.Value, e.Epoch, e.Step)
}

// figures lists the usage for the log.
func (u Usage) figures() []Figure {
	return []Figure{
		{"mean_distance", u.MeanDistance}, {"delta1", u.Delta1},
		{"pulled", u.Pulled}, {"pushed", u.Pushed}, {"ignored", u.Ignored},
		{"slots_used", float64(u.SlotsUsed)},
	}
}

func addFigures(sums, figures []Figure) []Figure {
	if len(sums) == 0 {
		return append(sums, figures...)
	}
	for i := range sums {
		sums[i].Value += figures[i].Value
	}
	return sums
}

func scaleFigures(sums []Figure, factor float64) []Figure {
	out := make([]Figure, len(sums))
	for i, f := range sums {
		out[i] = Figure{f.Name, f.Value * factor}
	}
	return out
}
