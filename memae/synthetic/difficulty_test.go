package synthetic

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"

	"github.com/org/trustmae/memae/metrics"
)

// The set has to be a fair exercise: a rule on brightness must fail, and a
// model of what good parts look like must succeed although the parts it learns
// from are contaminated. The simplest such model is a linear auto-encoder, that
// is, the first principal components of the training photos.

const (
	difficultySize = 64
	components     = 8
)

func TestDifficulty(t *testing.T) {
	o, err := Options{Size: difficultySize, Seed: 1}.withDefaults()
	require.NoError(t, err)
	var train, test [][]float64
	var defective []bool
	var masks [][]bool
	for _, j := range layout(o) {
		s, err := generate(o, j.index, j.kind)
		require.NoError(t, err)
		if len(train) < o.TrainGood+o.TrainDefective {
			train = append(train, pixels(s))
			continue
		}
		test = append(test, pixels(s))
		defective = append(defective, j.kind != Good)
		masks = append(masks, s.Mask())
	}

	brightness := make([]float64, len(test))
	contrast := make([]float64, len(test))
	for i, x := range test {
		mean, square := 0.0, 0.0
		for _, v := range x {
			mean += v / float64(len(x))
			square += v * v / float64(len(x))
		}
		brightness[i], contrast[i] = mean, square-mean*mean
	}
	for name, scores := range map[string][]float64{"brightness": brightness, "contrast": contrast} {
		auroc, err := metrics.AUROC(scores, defective)
		require.NoError(t, err)
		t.Logf("%s alone: image AUROC %.3f", name, max(auroc, 1-auroc))
		if auroc = max(auroc, 1-auroc); !(auroc < 0.75) {
			t.Errorf("%s alone reaches an image AUROC of %.3f: the defects are too easy", name, auroc)
		}
	}

	model := principal(train)
	scores, maps := make([]float64, len(test)), make([][]float32, len(test))
	for i, x := range test {
		maps[i] = model.errorMap(x)
		for _, v := range maps[i] {
			scores[i] = max(scores[i], float64(v))
		}
	}
	image, err := metrics.AUROC(scores, defective)
	require.NoError(t, err)
	pixel, err := metrics.PixelAUROC(maps, masks)
	require.NoError(t, err)
	t.Logf("%d principal components: image AUROC %.3f, pixel AUROC %.3f", components, image, pixel)
	if !(image >= 0.95) || !(pixel >= 0.9) {
		t.Errorf("a linear auto-encoder reaches an image AUROC of %.3f and a pixel AUROC of %.3f, want 0.95 and 0.9: the defects are too hard", image, pixel)
	}
}

// pixels returns the photo as a vector in 0–1, red, green and blue in turn.
func pixels(s Sample) []float64 {
	var x []float64
	for i, v := range s.Photo.Pix {
		if i%4 != 3 {
			x = append(x, float64(v)/255)
		}
	}
	return x
}

type linear struct {
	mean  []float64
	basis *mat.Dense // pixels × components
}

func principal(train [][]float64) linear {
	mean := make([]float64, len(train[0]))
	for _, x := range train {
		for i, v := range x {
			mean[i] += v / float64(len(train))
		}
	}
	centred := mat.NewDense(len(mean), len(train), nil)
	for c, x := range train {
		for i, v := range x {
			centred.Set(i, c, v-mean[i])
		}
	}
	// The eigenvectors of the small Gram matrix give those of the large one.
	var gram mat.SymDense
	gram.SymOuterK(1, centred.T())
	var eigen mat.EigenSym
	eigen.Factorize(&gram, true)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil) // rising
	basis := mat.NewDense(len(mean), components, nil)
	for k := range components {
		n := len(values) - 1 - k
		column := mat.NewVecDense(len(mean), nil)
		column.MulVec(centred, vectors.ColView(n))
		column.ScaleVec(1/math.Sqrt(values[n]), column)
		basis.SetCol(k, column.RawVector().Data)
	}
	return linear{mean, basis}
}

// errorMap is the squared error of the reconstruction at each pixel, averaged
// over 5×5 pixels.
func (l linear) errorMap(x []float64) []float32 {
	diff := mat.NewVecDense(len(x), nil)
	for i, v := range x {
		diff.SetVec(i, v-l.mean[i])
	}
	var code, rebuilt mat.VecDense
	code.MulVec(l.basis.T(), diff)
	rebuilt.MulVec(l.basis, &code)
	diff.SubVec(diff, &rebuilt)
	const n, reach = difficultySize, 2
	out := make([]float32, n*n)
	for p := range out {
		for y := max(0, p/n-reach); y <= min(n-1, p/n+reach); y++ {
			for x := max(0, p%n-reach); x <= min(n-1, p%n+reach); x++ {
				for k := range 3 {
					d := diff.AtVec(3*(y*n+x) + k)
					out[p] += float32(d * d / (3 * 25))
				}
			}
		}
	}
	return out
}
