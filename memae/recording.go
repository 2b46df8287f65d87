package memae

import (
	"slices"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/perceptual"
)

// recording is the scoring of a number of photos as a backend recorded it, from
// pixels to maps: networks, tape and handles are only needed the first time. Weights
// are read whenever it is done.
type recording struct {
	task
	wait   int // batches to score by operations before one is recorded
	graphs int // that were given up
	graph  kernels.Graph
	pixels *autograd.Tensor // [N,3,S,S]
	photos []photo
}

// task is what a recording does.
type task struct {
	count, size int
	scorer      *Generator
	slots       *autograd.Tensor // of its memory
	distance    *perceptual.LPIPS
	score       ScoreConfig
}

// mostRecordings is how many a stream keeps: photos come one by one or in batches, and
// the last of these is smaller.
const mostRecordings = 2

// recording returns that of a batch's work, or nil where operations should do it.
func (s *stream) recording(d *TrustMAE, count int) *recording {
	if s.capturer == nil {
		return nil
	}
	r := s.find(task{count, d.config.Size, d.scorer, d.scorer.Memory.Slots, d.distance, d.config.Score})
	switch {
	case r.graph != nil:
		return r
	case r.wait > 0:
		r.wait--
		return nil
	case s.record(d, r):
		return r
	}
	return nil
}

// find returns the recording of a task, a new one where there is none.
func (s *stream) find(t task) *recording {
	i := slices.IndexFunc(s.recordings, func(r *recording) bool { return r.task == t })
	if i < 0 {
		r := &recording{task: t, wait: s.warmup}
		if i = len(s.recordings); i == mostRecordings {
			i--
			s.recordings[i].release()
			s.recordings[i] = r
		} else {
			s.recordings = append(s.recordings, r)
		}
	}
	r := s.recordings[i]
	copy(s.recordings[1:i+1], s.recordings[:i])
	s.recordings[0] = r
	return r
}

// record records the scoring of r's task. Where the backend can not, or has too little
// memory for what single operations do without, it reports false and is not asked again.
func (s *stream) record(d *TrustMAE, r *recording) bool {
	err := caught(func() (err error) {
		n, size := r.count, r.size
		r.pixels = autograd.NewConstant(s.backend, n, 3, size, size)
		maps, reconstructions := autograd.NewConstant(s.backend, n, 1, size, size), autograd.NewConstant(s.backend, n, 3, size, size)
		r.photos = photosOf(maps, reconstructions)
		r.graph, err = s.capturer.Capture(func() {
			t := s.tape
			defer t.Reset()
			t.NoGrad(func() {
				m, y, _ := d.draw(t, r.pixels)
				s.copy(maps, m)
				s.copy(reconstructions, y)
			})
		})
		return err
	})
	if err != nil {
		s.capturer = nil
		r.release()
		return false
	}
	return true
}

// copy copies the values of a tensor to another of as many.
func (s *stream) copy(to, from *autograd.Tensor) {
	n := to.Len()
	s.backend.Copy2d(to.Buffer(), from.Buffer(), 1, n, n, n)
}

// launch scores a batch. It reports false where other work has the graph's memory;
// another graph is recorded later, the later the more often that has happened.
func (r *recording) launch(b batch) bool {
	b.write(r.pixels.Buffer())
	if r.graph.Launch() {
		return true
	}
	r.release()
	r.graphs++
	r.wait = stepsBeforeGraph << min(r.graphs, 10)
	return false
}

// release gives the recorded work and its memory up.
func (r *recording) release() {
	if r.graph != nil {
		r.graph.Release()
	}
	r.graph, r.pixels, r.photos = nil, nil, nil
}
