package main

import (
	"context"
	"fmt"
	"time"

	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
)

// score gives each sample to the detector, in order, and each result to each. It
// returns the seconds that decoding and scoring took.
func (s *session) score(ctx context.Context, d *memae.TrustMAE, samples []dataset.Sample, each func(i int, r memae.Result) error) (float64, error) {
	c := d.Config()
	source := dataset.NewSource(samples, c.Size, c.Size, dataset.CacheBytes(0))
	order := make([]int, len(samples))
	for i := range order {
		order[i] = i
	}
	t := s.start("scoring", len(samples))
	defer t.finish()
	begun := time.Now()
	for batch, err := range source.Batches(ctx, order, c.Batch) {
		if err != nil {
			return 0, err
		}
		results, err := d.Score(ctx, batch.Images)
		if err != nil {
			return 0, err
		}
		for k, r := range results {
			if err := each(batch.Indices[k], r); err != nil {
				return 0, err
			}
		}
		t.add(len(results))
	}
	return time.Since(begun).Seconds(), nil
}

// testSet is what a model is tested on.
type testSet struct {
	samples []dataset.Sample
	skipped []dataset.Skip
	note    string // where it comes from
}

// openTest lists the test photos for a model: the half that its noise record
// left for testing, where it has one.
func openTest(ctx context.Context, s *session, d *memae.TrustMAE, path string) (testSet, error) {
	folder, err := dataset.Open(path)
	if err != nil {
		return testSet{}, err
	}
	set := testSet{note: "all test photos of " + path}
	if record := d.Provenance().Noise; record != nil {
		split, err := folder.Restore(*record)
		if err != nil {
			return testSet{}, fmt.Errorf("the model was trained with %g %% noise and is tested on the other half of the same folder: %w", record.Percent, err)
		}
		folder.Test = split.Test
		set.note = fmt.Sprintf("the photos of %s that training at %g %% noise left for testing", path, record.Percent)
	}
	folder.Train = nil
	if len(folder.Test) == 0 {
		return testSet{}, fmt.Errorf("%s has no test photos; it takes test/good and test/DEFECT folders, or a table with the column split", path)
	}
	if err := verify(ctx, s, folder); err != nil {
		return testSet{}, err
	}
	set.samples, set.skipped = folder.Test, folder.Skipped
	for _, sample := range set.samples {
		if sample.Label == dataset.Unlabelled {
			return testSet{}, fmt.Errorf("the test photo %s has no label; good or defective has to be known here", sample.Rel)
		}
	}
	return set, nil
}
