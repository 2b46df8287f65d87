package main

import (
	"cmp"
	"context"
	"errors"
	"image"
	"iter"
	"slices"

	"github.com/org/trustmae/internal/parallel"
	"github.com/org/trustmae/memae/dataset"
)

// loaded is an input as read from its file.
type loaded struct {
	input
	image dataset.Image // at the model's size
	size  image.Point   // of the photo, pixels
}

// load reads inputs in batches, one batch ahead of the caller. A photo that
// cannot be read stays in its batch with its error; the only error of the
// sequence is ctx's.
func load(ctx context.Context, inputs []input, batch, size int) iter.Seq2[[]loaded, error] {
	chunks := slices.Collect(slices.Chunk(inputs, batch))
	return parallel.Ahead(ctx, len(chunks), 1, func(ctx context.Context, i int) ([]loaded, error) {
		out := make([]loaded, len(chunks[i]))
		err := parallel.Each(ctx, len(out), func(k int) error {
			out[k] = chunks[i][k].read(size)
			return nil
		})
		return out, err
	})
}

// read decodes an input and resizes it to a square.
func (in input) read(size int) loaded {
	l := loaded{input: in}
	if l.err != nil {
		return l
	}
	l.image, l.size, l.err = dataset.LoadWithSize(in.path, size, size)
	l.err = cause(l.err)
	return l
}

// cause is an error without the path, which the row names.
func cause(err error) error { return cmp.Or(errors.Unwrap(err), err) }
