package dataset

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
)

// Definitions of the noise level.
const (
	// NoiseTotal: p = D/(D+N), the share of defective photos in training.
	NoiseTotal = "total"
	// NoiseRatio: p = D/N, defective photos per normal one.
	NoiseRatio = "ratio"
)

// Noise asks for a training set with a share of defective photos.
type Noise struct {
	// Percent is the noise level p times 100: 0 ≤ Percent < 100.
	Percent float64 `json:"percent"`
	// Definition is NoiseTotal or NoiseRatio; "" means NoiseTotal.
	Definition string `json:"definition"`
	// Seed selects the halves and the order in which photos are drawn.
	Seed uint64 `json:"seed"`
}

// Validate reports a level or definition that does not exist.
func (n Noise) Validate() error {
	if !(n.Percent >= 0 && n.Percent < 100) {
		return fmt.Errorf("dataset: noise of %v %% does not exist: give a level from 0 to below 100", n.Percent)
	}
	if n.Definition != "" && n.Definition != NoiseTotal && n.Definition != NoiseRatio {
		return fmt.Errorf("dataset: noise definition %q is unknown: use %s or %s", n.Definition, NoiseTotal, NoiseRatio)
	}
	return nil
}

// Record lists a split by relative names, so that it can be stored as JSON and
// made again by [Folder.Restore], also on another copy of the folder.
type Record struct {
	Noise
	// Defects and Normals are the photos in training.
	Defects []string `json:"defects"`
	Normals []string `json:"normals"`
	// Test are the photos left for testing.
	Test []string `json:"test"`
}

// Split is a training and a test set, each sorted by Rel.
type Split struct {
	Train, Test []Sample
	Record      Record
}

// WithNoise applies the noise protocol of the TrustMAE paper (tables S3, S4) to
// a folder with labelled test photos and clean training photos.
//
// Of n test photos of each defect type a seeded shuffle gives floor(n/2) to a
// pool and leaves ceil(n/2) in the test set, which is the same at every level
// above zero and keeps all good test photos. All N normal training photos are
// used with D = round(pN/(1-p)) of the pool, if the pool has that many;
// otherwise the whole pool is used with N = round(D(1-p)/p) normal ones. Both
// are the first photos of fixed seeded permutations: levels are nested. Half
// counts are rounded to even. Percent 0 is the original split.
func (f *Folder) WithNoise(n Noise) (*Split, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	if n.Definition == "" {
		n.Definition = NoiseTotal
	}
	if n.Percent == 0 {
		return newSplit(n, f.Train, f.Test), nil
	}
	if err := f.checkNoisy(); err != nil {
		return nil, fmt.Errorf("dataset: add noise to %s: %w", f.Root, err)
	}
	pool, test := halve(f.Test, n.Seed)
	if len(pool) == 0 {
		return nil, fmt.Errorf("dataset: add noise to %s: no defect type has the two test photos that it takes to use one for training", f.Root)
	}
	defects, normals := n.sizes(len(pool), len(f.Train))
	train := draw(f.Train, normals, n.Seed, "normals")
	train = append(train, draw(pool, defects, n.Seed, "defects")...)
	return newSplit(n, train, test), nil
}

// checkNoisy reports what the protocol lacks.
func (f *Folder) checkNoisy() error {
	if len(f.Train) == 0 || len(f.Test) == 0 {
		return errors.New("it takes photos for training and for testing: use the MVTec layout, or a table with a split column")
	}
	for _, s := range f.Train {
		if s.Label != Good {
			return fmt.Errorf("the training photo %s is %s: the level can be set only where all are known to be good", s.Rel, s.Label)
		}
	}
	for _, s := range f.Test {
		if s.Label == Unlabelled {
			return fmt.Errorf("the test photo %s is unlabelled: label it or take it out", s.Rel)
		}
	}
	return nil
}

// sizes returns the numbers of defective and of normal training photos. Products
// of percentages and counts are exact, so the case distinction is too.
func (n Noise) sizes(pool, normals int) (int, int) {
	// The level as a fraction a/b of defective to normal photos.
	a, b := n.Percent, 100-n.Percent
	if n.Definition == NoiseRatio {
		b = 100
	}
	if float64(pool)*b >= a*float64(normals) {
		return int(math.RoundToEven(float64(normals) * a / b)), normals
	}
	return pool, min(normals, int(math.RoundToEven(float64(pool)*b/a)))
}

// halve gives floor(n/2) photos of each defect type to pool and the others, with
// all good photos, to test.
func halve(samples []Sample, seed uint64) (pool, test []Sample) {
	kinds := make(map[string][]Sample)
	for _, s := range samples {
		if s.Label == Good {
			test = append(test, s)
			continue
		}
		kinds[s.Kind] = append(kinds[s.Kind], s)
	}
	for kind, all := range kinds {
		shuffled := draw(all, len(all), seed, "half "+kind)
		pool = append(pool, shuffled[:len(all)/2]...)
		test = append(test, shuffled[len(all)/2:]...)
	}
	sortSamples(pool) // maps have no order
	return pool, test
}

// draw returns the first n samples of the permutation that belongs to seed and
// purpose. It is written out, as only the generator's stream, not what
// math/rand/v2 makes of it, is fixed for all versions of Go.
func draw(samples []Sample, n int, seed uint64, purpose string) []Sample {
	name := fnv.New64a()
	name.Write([]byte(purpose)) // never fails, says package hash
	random := rand.NewPCG(seed, name.Sum64())
	all := slices.Clone(samples)
	for i := range min(n, len(all)-1) {
		// A 64-bit number scaled to the rest; its bias is below 2⁻⁴⁰.
		j, _ := bits.Mul64(random.Uint64(), uint64(len(all)-i))
		all[i], all[i+int(j)] = all[i+int(j)], all[i]
	}
	return all[:n]
}

func newSplit(n Noise, train, test []Sample) *Split {
	s := &Split{Train: slices.Clone(train), Test: slices.Clone(test)}
	sortSamples(s.Train)
	sortSamples(s.Test)
	s.Record = Record{Noise: n, Defects: []string{}, Normals: []string{}, Test: []string{}}
	for _, t := range s.Train {
		if t.Label == Defective {
			s.Record.Defects = append(s.Record.Defects, t.Rel)
		} else {
			s.Record.Normals = append(s.Record.Normals, t.Rel)
		}
	}
	for _, t := range s.Test {
		s.Record.Test = append(s.Record.Test, t.Rel)
	}
	return s
}

// Restore makes a recorded split again from the photos of f, which may be
// another copy of the folder. A recorded photo that is missing is an error.
func (f *Folder) Restore(r Record) (*Split, error) {
	index := make(map[string]Sample, len(f.Train)+len(f.Test))
	for _, s := range slices.Concat(f.Train, f.Test) {
		index[s.Rel] = s
	}
	find := func(names []string) ([]Sample, error) {
		samples := make([]Sample, len(names))
		for i, name := range names {
			s, ok := index[name]
			if !ok {
				return nil, fmt.Errorf("dataset: restore split: %s has no photo %s: give the folder that the split was made from", f.Root, name)
			}
			samples[i] = s
		}
		return samples, nil
	}
	train, err := find(slices.Concat(r.Normals, r.Defects))
	if err != nil {
		return nil, err
	}
	test, err := find(r.Test)
	if err != nil {
		return nil, err
	}
	return newSplit(r.Noise, train, test), nil
}

// sortSamples sorts by relative name.
func sortSamples(samples []Sample) {
	slices.SortFunc(samples, func(a, b Sample) int { return strings.Compare(a.Rel, b.Rel) })
}
