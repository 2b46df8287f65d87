package memae

import (
	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae/dataset"
)

// batch is photos that go through the networks at once.
type batch struct {
	count   int
	classes []int // of each
	first   int   // the first of those that write knows
	// writer puts count photos from first on into y [count,3,S,S], in [-1,1].
	writer func(y kernels.Buffer, first, count int)
}

// part is n photos of the batch from the first on.
func (b batch) part(first, n int) batch {
	return batch{count: n, classes: b.classes[first : first+n], first: b.first + first, writer: b.writer}
}

// write puts the photos into y [N,3,S,S]: a buffer that was made for them, or the
// same one every time.
func (b batch) write(y kernels.Buffer) { b.writer(y, b.first, b.count) }

// input returns the photos of side size as a tensor of the tape.
func (b batch) input(t *autograd.Tape, size int) *autograd.Tensor {
	x := t.Empty(b.count, 3, size, size)
	b.write(x.Buffer())
	return x
}

// fromHost is a writer of pixels [N,3,S,S] in [-1,1] on the host.
func fromHost(b kernels.Backend, pixels []float32, size int) func(y kernels.Buffer, first, count int) {
	n := 3 * size * size
	return func(y kernels.Buffer, first, count int) { b.Upload(y, pixels[first*n:(first+count)*n]) }
}

// fromStage is a writer of photos [N,3,S,S] in [0,1] in a stage, which the device
// turns.
func fromStage(i kernels.Imaging, stage kernels.Stage, size int, turns []kernels.Turn) func(y kernels.Buffer, first, count int) {
	n := 3 * size * size
	return func(y kernels.Buffer, first, count int) {
		stage.Use(func(x kernels.Buffer) {
			i.TurnPhotos(y, x.Slice(first*n, count*n), size, turns[first:first+count])
		})
	}
}

// fromPhotos is a writer of photos of any size, which the device resizes.
func fromPhotos(b kernels.Backend, i kernels.Imaging, images []dataset.Image, size int) func(y kernels.Buffer, first, count int) {
	n := 3 * size * size
	return func(y kernels.Buffer, first, count int) {
		x := b.Alloc(count * n)
		defer b.Free(x)
		for k, img := range images[first : first+count] {
			resize(b, i, x.Slice(k*n, n), img, size)
		}
		i.TurnPhotos(y, x, size, make([]kernels.Turn, count))
	}
}

// resize uploads a photo and brings it to y [3,S,S].
func resize(b kernels.Backend, i kernels.Imaging, y kernels.Buffer, img dataset.Image, size int) {
	if img.Width == size && img.Height == size {
		b.Upload(y, img.Pix)
		return
	}
	x := b.Alloc(len(img.Pix))
	defer b.Free(x) // work queued may still use it
	b.Upload(x, img.Pix)
	i.ResizeAntialiased(y, x, 3, img.Height, img.Width, size, size)
}
