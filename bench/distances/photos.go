package main

import (
	"context"
	"fmt"

	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
)

// pairs are test photos with their reconstructions, on the host.
type pairs struct {
	size            int
	photos, rebuilt [][]float32 // [3,S,S] in [-1,1]
	defective       []bool
	masks           [][]bool // [S,S]
}

// reconstruct runs the labelled test photos of a folder through a model.
func reconstruct(ctx context.Context, model *memae.TrustMAE, path string) (*pairs, error) {
	folder, err := dataset.Open(path)
	if err != nil {
		return nil, err
	}
	if record := model.Provenance().Noise; record != nil {
		split, err := folder.Restore(*record)
		if err != nil {
			return nil, err
		}
		folder.Test = split.Test
	}
	p := &pairs{size: model.Config().Size}
	for _, s := range folder.Test {
		if s.Label == dataset.Unlabelled || s.Label == dataset.Defective && s.Mask == "" {
			return nil, fmt.Errorf("%s has no label or no mask; both are needed here", s.Rel)
		}
		img, err := dataset.Load(s.Path)
		if err != nil {
			return nil, err
		}
		if err := p.add(ctx, model, dataset.Resize(img, p.size, p.size), s); err != nil {
			return nil, err
		}
	}
	if len(p.photos) == 0 {
		return nil, fmt.Errorf("%s has no test photos", path)
	}
	return p, nil
}

// add reconstructs one photo.
func (p *pairs) add(ctx context.Context, model *memae.TrustMAE, img dataset.Image, s dataset.Sample) error {
	results, err := model.Score(ctx, []dataset.Image{img})
	if err != nil {
		return err
	}
	mask := make([]bool, p.size*p.size)
	if s.Label == dataset.Defective {
		if mask, err = dataset.LoadMask(s.Mask, p.size, p.size); err != nil {
			return err
		}
	}
	p.photos, p.rebuilt = append(p.photos, signed(img.Pix)), append(p.rebuilt, signed(results[0].Reconstruction.Pix))
	p.masks, p.defective = append(p.masks, mask), append(p.defective, s.Label == dataset.Defective)
	return nil
}

// signed maps [0,1] to [-1,1].
func signed(unit []float32) []float32 {
	out := make([]float32, len(unit))
	for i, v := range unit {
		out[i] = 2*v - 1
	}
	return out
}
