package memae

import (
	"context"
	"fmt"
	"iter"

	"github.com/org/trustmae/internal/parallel"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae/dataset"
)

// augmenter draws the change of training photo i.
type augmenter func(i int) dataset.Turn

// loader reads batches of training photos while the networks work on the one
// before. Where the backend prepares photos it gets them as they are, through two
// stages by turns; elsewhere the host changes them.
type loader struct {
	backend kernels.Backend
	size    int
	imaging kernels.Imaging // nil: the host does
	stages  [2]kernels.Stage
	room    [2]int         // photos that a stage has room for
	pixels  chan []float32 // on the host, that no batch is in
}

// hostBatches is how many batches are on the host at once: one that the caller works
// on, one that waits and one in the making.
const hostBatches = 3

func newLoader(b kernels.Backend, size int) *loader {
	l := &loader{backend: b, size: size, pixels: make(chan []float32, hostBatches)}
	l.imaging, _ = b.(kernels.Imaging)
	return l
}

// close gives the stages back.
func (l *loader) close() {
	for i, s := range l.stages {
		if s != nil {
			s.Close()
			l.stages[i], l.room[i] = nil, 0
		}
	}
}

// batches yields the photos of the given lists in turn, the next ones being read
// and changed while the caller works. A batch ends with its turn of the loop.
// augment may be nil. The first error, that of a photo (PhotoError), the device's
// or ctx's, ends the sequence.
func (l *loader) batches(ctx context.Context, data Data, lists [][]int, augment augmenter) iter.Seq2[batch, error] {
	free := make(chan int, len(l.stages)) // stages that no batch is in
	for i := range l.stages {
		free <- i
	}
	ahead := parallel.Ahead(ctx, len(lists), 1, func(ctx context.Context, i int) (b loaded, err error) {
		defer kernels.Catch(&err)
		return l.load(ctx, data, lists[i], augment, free)
	})
	return func(yield func(batch, error) bool) {
		for b, err := range ahead {
			if !yield(b.batch, err) {
				return
			}
			if b.staged {
				free <- b.stage
			}
			if b.pixels != nil {
				l.keep(b.pixels)
			}
		}
	}
}

// loaded is a batch and the stage that it is in, if any, or its pixels on the host.
type loaded struct {
	batch
	staged bool
	stage  int
	pixels []float32
}

// load reads photos in parallel.
func (l *loader) load(ctx context.Context, data Data, list []int, augment augmenter, free <-chan int) (loaded, error) {
	n := 3 * l.size * l.size
	b := loaded{batch: batch{count: len(list), classes: make([]int, len(list))}}
	pixels := make([][]float32, len(list))
	turns := make([]kernels.Turn, len(list))
	if l.imaging == nil {
		b.pixels = l.hostPixels(n * len(list))
	}
	err := parallel.Each(ctx, len(list), func(k int) error {
		img, err := l.read(data, list[k])
		if err != nil {
			return err
		}
		var turn dataset.Turn
		if augment != nil {
			turn = augment(list[k])
		}
		b.classes[k] = data.Class(list[k])
		if l.imaging == nil {
			toSigned(b.pixels[k*n:(k+1)*n], turn.Apply(img).Pix)
			return nil
		}
		pixels[k], turns[k] = img.Pix, kernels.Turn(turn)
		return nil
	})
	if err != nil {
		return loaded{}, err
	}
	if l.imaging == nil {
		b.writer = fromHost(l.backend, b.pixels, l.size)
		return b, nil
	}
	select {
	case b.stage = <-free:
	case <-ctx.Done():
		return loaded{}, ctx.Err()
	}
	stage := l.stageFor(b.stage, len(list))
	stage.Load(pixels...)
	b.staged, b.writer = true, fromStage(l.imaging, stage, l.size, turns)
	return b, nil
}

// hostPixels returns room for n values, an earlier batch's if it had as many.
func (l *loader) hostPixels(n int) []float32 {
	select {
	case old := <-l.pixels:
		if cap(old) >= n {
			return old[:n]
		}
	default:
	}
	return make([]float32, n)
}

// keep takes the pixels of a batch that is over for the next ones.
func (l *loader) keep(pixels []float32) {
	select {
	case l.pixels <- pixels:
	default: // more loops than one
	}
}

// read returns photo i, which has to have the right size.
func (l *loader) read(data Data, i int) (dataset.Image, error) {
	img, err := data.Image(i)
	if err == nil && (img.Width != l.size || img.Height != l.size) {
		err = fmt.Errorf("%d×%d pixels, want %d×%d; resize the data or set size", img.Width, img.Height, l.size, l.size)
	}
	if err != nil {
		return img, &PhotoError{i, err}
	}
	return img, nil
}

// stageFor returns stage i with room for so many photos.
func (l *loader) stageFor(i, photos int) kernels.Stage {
	if l.room[i] < photos {
		if old := l.stages[i]; old != nil {
			l.stages[i] = nil
			old.Close()
		}
		l.stages[i] = l.imaging.NewStage(3 * l.size * l.size * photos)
		l.room[i] = photos
	}
	return l.stages[i]
}
