package dataset

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// product is a category of MVTec AD: counts of normal training photos, of good
// test photos and of defective ones per type. From the paper's public data set;
// names and order of types do not matter here.
type product struct {
	name        string
	train, good int
	types       []int
}

var products = []product{
	{"bottle", 209, 20, []int{20, 22, 21}},
	{"cable", 224, 58, []int{13, 12, 11, 14, 10, 12, 10, 10}},
	{"capsule", 219, 23, []int{23, 22, 21, 23, 20}},
	{"carpet", 280, 28, []int{19, 17, 17, 17, 19}},
	{"grid", 264, 21, []int{12, 12, 11, 11, 11}},
	{"hazelnut", 391, 40, []int{18, 17, 18, 17}},
	{"leather", 245, 32, []int{19, 19, 17, 19, 18}},
	{"metal_nut", 220, 22, []int{25, 22, 23, 23}},
	{"pill", 267, 26, []int{25, 17, 21, 26, 19, 9, 24}},
	{"screw", 320, 41, []int{24, 24, 25, 23, 23}},
	{"tile", 230, 33, []int{17, 18, 16, 18, 15}},
	{"toothbrush", 60, 12, []int{30}},
	{"transistor", 213, 60, []int{10, 10, 10, 10}},
	{"wood", 247, 19, []int{8, 11, 10, 10, 21}},
	{"zipper", 240, 32, []int{19, 16, 17, 16, 17, 18, 16}},
}

// folder lists photos that do not exist: the protocol reads none.
func (p product) folder() *Folder {
	f := &Folder{Root: p.name, Layout: MVTec}
	add := func(list *[]Sample, split, kind string, label Label, n int) {
		for i := range n {
			rel := fmt.Sprintf("%s/%s/%03d.png", split, kind, i)
			*list = append(*list, Sample{Path: p.name + "/" + rel, Rel: rel, Label: label, Kind: kind})
		}
	}
	add(&f.Train, "train", "good", Good, p.train)
	add(&f.Test, "test", "good", Good, p.good)
	for i, n := range p.types {
		add(&f.Test, "test", fmt.Sprintf("type%d", i), Defective, n)
	}
	f.sort()
	return f
}

var levels = []float64{5, 10, 15, 20, 30, 40}

func withNoise(t *testing.T, f *Folder, percent float64, seed uint64) *Split {
	t.Helper()
	s, err := f.WithNoise(Noise{Percent: percent, Seed: seed})
	require.NoError(t, err)
	return s
}

func count(samples []Sample, l Label) (n int) {
	for _, s := range samples {
		if s.Label == l {
			n++
		}
	}
	return n
}

func names(samples []Sample) []string {
	rels := make([]string, len(samples))
	for i, s := range samples {
		rels[i] = s.Rel
	}
	return rels
}

// The paper: 3629 normal photos, 610 defective ones in the pool, 467 good and
// 648 defective test photos.
func TestNoiseTotalsOfThePaper(t *testing.T) {
	var normals, pool, good, test int
	for _, p := range products {
		half, rest := halve(p.folder().Test, 1)
		normals, pool = normals+p.train, pool+len(half)
		good, test = good+count(rest, Good), test+count(rest, Defective)
	}
	require.Equal(t, []int{3629, 610, 467, 648}, []int{normals, pool, good, test})
}

func TestNoiseHalvesEveryType(t *testing.T) {
	for _, p := range products {
		pool, test := halve(p.folder().Test, 7)
		for i, n := range p.types {
			kind := fmt.Sprintf("type%d", i)
			inKind := func(s Sample) bool { return s.Kind != kind }
			require.Len(t, slices.DeleteFunc(slices.Clone(pool), inKind), n/2, "%s %s pool", p.name, kind)
			require.Len(t, slices.DeleteFunc(slices.Clone(test), inKind), n-n/2, "%s %s test", p.name, kind)
		}
	}
}

// Sizes stated in section 3 of the specification.
func TestNoiseSizes(t *testing.T) {
	for _, c := range []struct {
		product    string
		definition string
		percent    float64
		n, d       int
	}{
		{"toothbrush", NoiseTotal, 40, 22, 15},
		{"transistor", NoiseTotal, 40, 30, 20},
		{"hazelnut", NoiseTotal, 40, 51, 34},
		{"bottle", NoiseTotal, 5, 209, 11},
		{"bottle", NoiseRatio, 5, 209, 10},
		{"bottle", NoiseRatio, 40, 78, 31}, // 31/0.4 = 77.5
	} {
		i := slices.IndexFunc(products, func(p product) bool { return p.name == c.product })
		s, err := products[i].folder().WithNoise(Noise{Percent: c.percent, Definition: c.definition, Seed: 1})
		require.NoError(t, err)
		require.Equal(t, []int{c.n, c.d}, []int{count(s.Train, Good), count(s.Train, Defective)}, "%+v", c)
	}
}

// Section 3: normals are cut in 3 categories at 10 %, 6 at 15 %, 13 at 20 %, 15
// above. The level is met to within half a photo.
func TestNoiseLevelsAndCuts(t *testing.T) {
	want := map[float64]int{5: 0, 10: 3, 15: 6, 20: 13, 30: 15, 40: 15}
	for _, percent := range levels {
		cuts := 0
		for _, p := range products {
			s := withNoise(t, p.folder(), percent, 1)
			n, d := float64(count(s.Train, Good)), float64(count(s.Train, Defective))
			if int(n) < p.train {
				cuts++
			}
			level := percent / 100
			missed := min(math.Abs(d-level*n/(1-level)), math.Abs(n-d*(1-level)/level))
			require.True(t, missed <= 0.5+1e-9, "%s at %v %%: %v + %v", p.name, percent, n, d)
		}
		require.Equal(t, want[percent], cuts, "categories cut at %v %%", percent)
	}
}

func TestNoiseLevelsAreNested(t *testing.T) {
	for _, p := range products {
		f := p.folder()
		last := withNoise(t, f, levels[0], 3)
		for _, percent := range levels[1:] {
			s := withNoise(t, f, percent, 3)
			require.Equal(t, last.Test, s.Test, "%s: test half at %v %%", p.name, percent)
			require.Subset(t, s.Record.Defects, last.Record.Defects, "%s: defects at %v %%", p.name, percent)
			require.Subset(t, last.Record.Normals, s.Record.Normals, "%s: normals at %v %%", p.name, percent)
			for _, rel := range s.Record.Defects {
				require.NotContains(t, s.Record.Test, rel, p.name)
			}
			last = s
		}
	}
}

func TestNoiseIsSeeded(t *testing.T) {
	f := products[0].folder()
	require.Equal(t, withNoise(t, f, 10, 1), withNoise(t, f, 10, 1))
	require.NotEqual(t, withNoise(t, f, 10, 1).Record.Defects, withNoise(t, f, 10, 2).Record.Defects)
	// Pinned, so that a split can be repeated with any later version.
	require.Equal(t, pinnedDefects, withNoise(t, products[11].folder(), 5, 1).Record.Defects)
}

func TestNoiseZeroIsTheOriginalSplit(t *testing.T) {
	f := products[0].folder()
	s := withNoise(t, f, 0, 1)
	require.Equal(t, names(f.Train), names(s.Train))
	require.Equal(t, names(f.Test), names(s.Test))
	require.Empty(t, s.Record.Defects)
}

func TestRestoreThroughJSON(t *testing.T) {
	f := products[3].folder()
	want := withNoise(t, f, 20, 5)
	text, err := json.Marshal(want.Record)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(text), `{"percent":20,"definition":"total","seed":5,"defects":["test/`), string(text[:80]))
	var r Record
	require.NoError(t, json.Unmarshal(text, &r))
	got, err := f.Restore(r)
	require.NoError(t, err)
	require.Equal(t, want, got)

	f.Test = f.Test[:10]
	_, err = f.Restore(r)
	require.ErrorContains(t, err, "give the folder that the split was made from")
}

func TestNoiseErrors(t *testing.T) {
	bottle := products[0].folder()
	flat := &Folder{Root: "r", Train: []Sample{{Rel: "a"}}}
	dirty := products[0].folder()
	dirty.Train[3].Label = Defective
	single := &Folder{Root: "r", Train: bottle.Train, Test: []Sample{{Rel: "a", Label: Defective, Kind: "k"}}}
	unlabelled := &Folder{Root: "r", Train: bottle.Train, Test: []Sample{{Rel: "a"}}}
	for name, c := range map[string]struct {
		folder *Folder
		noise  Noise
		want   string
	}{
		"negative":       {bottle, Noise{Percent: -1}, "from 0 to below 100"},
		"hundred":        {bottle, Noise{Percent: 100}, "from 0 to below 100"},
		"NaN":            {bottle, Noise{Percent: math.NaN()}, "from 0 to below 100"},
		"definition":     {bottle, Noise{Percent: 5, Definition: "share"}, "use total or ratio"},
		"flat":           {flat, Noise{Percent: 5}, "use the MVTec layout"},
		"dirty":          {dirty, Noise{Percent: 5}, "train/good/003.png is defective"},
		"one of a kind":  {single, Noise{Percent: 5}, "no defect type has the two"},
		"unlabelled one": {unlabelled, Noise{Percent: 5}, "the test photo a is unlabelled"},
	} {
		_, err := c.folder.WithNoise(c.noise)
		require.ErrorContains(t, err, c.want, name)
	}
}

var pinnedDefects = []string{"test/type0/003.png", "test/type0/008.png", "test/type0/012.png"}
