package memae

import (
	"context"
	"fmt"
	"slices"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/internal/parallel"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae/dataset"
)

// Score judges photos of the product that d is a view of (see Product), the first
// one otherwise; see ScoreClass.
func (d *TrustMAE) Score(ctx context.Context, images []dataset.Image) ([]Result, error) {
	return d.ScoreClass(ctx, images, d.class)
}

// ScoreClass judges photos of the given product. They are resized to the model's
// size; maps have that size. It may be called from many goroutines.
func (d *TrustMAE) ScoreClass(ctx context.Context, images []dataset.Image, class int) (results []Result, err error) {
	defer kernels.Catch(&err)
	if d.trainer != nil {
		return nil, ErrNotFitted
	}
	if class < 0 || class >= d.config.Generator.Classes {
		return nil, fmt.Errorf("memae: product %d, want 0 to %d", class, d.config.Generator.Classes-1)
	}
	s := d.streams.take(d.options.Backend)
	defer d.streams.give(s)
	for part := range slices.Chunk(images, scoreBatch(d.options.Backend)) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		scored, err := d.forward(s, d.prepare(s, part, class), nil)
		if err != nil {
			return nil, err
		}
		s.finders = grown(s.finders, len(scored))
		err = parallel.Each(ctx, len(scored), func(i int) error {
			scored[i].judge(d.calibrations[class], &s.finders[i])
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(part) == len(images) {
			return scored, nil
		}
		results = append(results, scored...)
	}
	return results, nil
}

// prepare resizes photos, or lets the device do it, and joins them to a batch in
// the memory of s.
func (d *TrustMAE) prepare(s *stream, images []dataset.Image, class int) batch {
	size, b := d.config.Size, d.options.Backend
	n := 3 * size * size
	s.classes = grown(s.classes, len(images))
	for i := range images {
		s.classes[i] = class
	}
	made := batch{count: len(images), classes: s.classes}
	if imaging, ok := b.(kernels.Imaging); ok {
		made.writer = fromPhotos(b, imaging, images, size)
		return made
	}
	s.pixels = grown(s.pixels, n*len(images))
	for i, img := range images {
		if img.Width != size || img.Height != size {
			img = dataset.Resize(img, size, size)
		}
		toSigned(s.pixels[i*n:(i+1)*n], img.Pix)
	}
	made.writer = fromHost(b, s.pixels, size)
	return made
}

// reconstruct draws a batch as the memory can and scores it. It marks the slots
// that were read in used, unless that is nil.
func (d *TrustMAE) reconstruct(s *stream, b batch, used []bool) (results []Result) {
	if d.config.Generator.Classes > 1 {
		d.norms.Lock()
		defer d.norms.Unlock()
		d.scorer.SetClasses(b.classes)
	} else if used == nil {
		if r := s.recording(d, b.count); r != nil && r.launch(b) {
			return d.collect(s, r.photos)
		}
	}
	t := s.tape
	defer t.Reset()
	t.NoGrad(func() {
		maps, y, read := d.draw(t, b.input(t, d.config.Size))
		if used != nil {
			for j, w := range t.Sum(read.Weights, 0).Data() {
				used[j] = used[j] || w > 0
			}
		}
		results = d.collect(s, photosOf(maps, y))
	})
	return results
}

// draw returns the anomaly maps [N,1,S,S] of photos [N,3,S,S] in [-1,1], their
// reconstructions, and how the memory was read.
func (d *TrustMAE) draw(t *autograd.Tape, x *autograd.Tensor) (maps, y *autograd.Tensor, read Read) {
	y, read = d.scorer.Forward(t, x)
	maps = anomalyMap(t, d.config.Score.Map, d.distance, x, y)
	if d.config.Score.Blur > 0 {
		maps = t.FilterSeparable(maps, blurTaps(d.config.Score.Blur))
	}
	return maps, y, read
}

// photo is where a photo's anomaly map and reconstruction lie.
type photo struct{ score, reconstruction kernels.Buffer }

// photosOf cuts maps [N,1,S,S] and reconstructions [N,3,S,S] into photos.
func photosOf(maps, reconstructions *autograd.Tensor) []photo {
	list := make([]photo, maps.Dim(0))
	n, m := maps.Len()/len(list), reconstructions.Len()/len(list)
	for i := range list {
		list[i] = photo{maps.Buffer().Slice(i*n, n), reconstructions.Buffer().Slice(i*m, m)}
	}
	return list
}

// collect copies photos to the host and pools their maps.
func (d *TrustMAE) collect(s *stream, photos []photo) []Result {
	size := d.config.Size
	s.scratch = grown(s.scratch, len(photos)*size*size)
	kind, share, _ := parsePool(d.config.Score.Pool) // validated by New and Open
	results := make([]Result, len(photos))
	for i, p := range photos {
		r := &results[i]
		r.Width, r.Height, r.Map = size, size, make([]float32, size*size)
		r.Reconstruction = dataset.NewImage(size, size)
		s.backend.Download(r.Map, p.score)
		s.backend.Download(r.Reconstruction.Pix, p.reconstruction)
	}
	_ = parallel.Each(context.Background(), len(results), func(i int) error {
		r := &results[i]
		toUnit(r.Reconstruction.Pix, r.Reconstruction.Pix)
		r.pool(kind, share, s.scratch[i*size*size:][:size*size])
		return nil
	})
	return results
}

// SetMap changes the anomaly map ("msepd", "pd", "mse", "ssim") of a fitted
// detector, for comparisons. The thresholds are not on the new map's scale:
// calibrate again before using verdicts. A map that needs the perceptual distance
// is an error for a detector that was trained without.
func (d *TrustMAE) SetMap(kind string) error {
	c := d.config
	c.Score.Map = kind
	if err := c.Validate(); err != nil {
		return err
	}
	if c.Score.perceptual() && d.distance == nil {
		return fmt.Errorf("memae: the map %s needs a perceptual network, and a model trained with score.map %s holds none; train with score.map msepd, which scores with every map", kind, d.config.Score.Map)
	}
	d.config = c
	return nil
}
