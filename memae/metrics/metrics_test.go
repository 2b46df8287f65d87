package metrics

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// ranking is what scikit-learn says of one ranking.
type ranking struct {
	AUROC            float64 `json:"auroc"`
	AveragePrecision float64 `json:"average_precision"`
	BestF1           float64 `json:"best_f1"`
	BestF1Threshold  float64 `json:"best_f1_threshold"`
}

type golden struct {
	Images []struct {
		ranking
		Name      string
		Scores    []float64
		Defective []bool
	}
	Pixels []struct {
		ranking
		Name          string
		Width, Height int
		Maps          [][]float32
		Masks         [][]int
		AUPRO         map[string]float64
	}
	Intervals []struct {
		Hits, Trials          int
		Confidence, Low, High float64
	}
}

func readGolden(t *testing.T) golden {
	t.Helper()
	data, err := os.ReadFile("testdata/sklearn.json")
	require.NoError(t, err)
	var g golden
	require.NoError(t, json.Unmarshal(data, &g))
	require.NotEmpty(t, g.Images)
	require.NotEmpty(t, g.Pixels)
	require.NotEmpty(t, g.Intervals)
	return g
}

// near fails unless got is within tol of want; NaN fails.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.17g, want %.17g (difference %.3g, tolerance %.3g)", what, got, want, got-want, tol)
	}
}

const goldenTolerance = 1e-12

func TestImageMetricsAgainstScikitLearn(t *testing.T) {
	for _, c := range readGolden(t).Images {
		t.Run(c.Name, func(t *testing.T) {
			auroc, err := AUROC(c.Scores, c.Defective)
			require.NoError(t, err)
			near(t, "AUROC", auroc, c.AUROC, goldenTolerance)

			ap, err := AveragePrecision(c.Scores, c.Defective)
			require.NoError(t, err)
			near(t, "AveragePrecision", ap, c.AveragePrecision, goldenTolerance)

			f1, threshold, err := BestF1(c.Scores, c.Defective)
			require.NoError(t, err)
			near(t, "BestF1", f1, c.BestF1, goldenTolerance)
			near(t, "threshold", threshold, c.BestF1Threshold, 0)
		})
	}
}

func TestPixelMetricsAgainstScikitLearn(t *testing.T) {
	for _, c := range readGolden(t).Pixels {
		t.Run(c.Name, func(t *testing.T) {
			masks := make([][]bool, len(c.Masks))
			for i, m := range c.Masks {
				for _, v := range m {
					masks[i] = append(masks[i], v == 1)
				}
			}
			auroc, err := PixelAUROC(c.Maps, masks)
			require.NoError(t, err)
			near(t, "PixelAUROC", auroc, c.AUROC, goldenTolerance)

			ap, err := PixelAveragePrecision(c.Maps, masks)
			require.NoError(t, err)
			near(t, "PixelAveragePrecision", ap, c.AveragePrecision, goldenTolerance)

			f1, threshold, err := PixelBestF1(c.Maps, masks)
			require.NoError(t, err)
			near(t, "PixelBestF1", f1, c.BestF1, goldenTolerance)
			near(t, "threshold", threshold, c.BestF1Threshold, 0)

			for limit, want := range c.AUPRO {
				l, err := strconv.ParseFloat(limit, 64)
				require.NoError(t, err)
				got, err := AUPRO(c.Maps, masks, c.Width, c.Height, l)
				require.NoError(t, err)
				near(t, "AUPRO at "+limit, got, want, goldenTolerance)
			}
		})
	}
}

func TestClopperPearsonAgainstScipy(t *testing.T) {
	for _, c := range readGolden(t).Intervals {
		low, high := ClopperPearson(c.Hits, c.Trials, c.Confidence)
		what := strconv.Itoa(c.Hits) + " of " + strconv.Itoa(c.Trials)
		near(t, what+" low", low, c.Low, 1e-9)
		near(t, what+" high", high, c.High, 1e-9)
	}
}

func TestDegenerateInputIsAnError(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	images := []struct {
		name      string
		scores    []float64
		defective []bool
		want      error
	}{
		{"nothing", nil, nil, ErrOneClass},
		{"all good", []float64{1, 2}, []bool{false, false}, ErrOneClass},
		{"all defective", []float64{1, 2}, []bool{true, true}, ErrOneClass},
		{"NaN on a good one", []float64{nan, 2}, []bool{false, true}, ErrNaN},
		{"NaN on a defective one", []float64{1, nan}, []bool{false, true}, ErrNaN},
		{"infinite scores rank", []float64{-inf, inf}, []bool{false, true}, nil},
	}
	for _, c := range images {
		t.Run(c.name, func(t *testing.T) {
			check := func(op string, value float64, err error) {
				t.Helper()
				require.ErrorIs(t, err, c.want, op)
				if err != nil {
					require.ErrorContains(t, err, op)
					require.Zero(t, value, op)
				}
			}
			v, err := AUROC(c.scores, c.defective)
			check("AUROC", v, err)
			v, err = AveragePrecision(c.scores, c.defective)
			check("AveragePrecision", v, err)
			v, _, err = BestF1(c.scores, c.defective)
			check("BestF1", v, err)
			r, err := FalseRejectsAtEscapes(c.scores, c.defective, 0)
			check("FalseRejectsAtEscapes", r.Rate, err)

			maps, masks := make([][]float32, len(c.scores)), make([][]bool, len(c.scores))
			for i, s := range c.scores {
				maps[i], masks[i] = []float32{float32(s)}, []bool{c.defective[i]}
			}
			v, err = PixelAUROC(maps, masks)
			check("PixelAUROC", v, err)
			v, err = PixelAveragePrecision(maps, masks)
			check("PixelAveragePrecision", v, err)
			v, _, err = PixelBestF1(maps, masks)
			check("PixelBestF1", v, err)
			v, err = AUPRO(maps, masks, 1, 1, 0.3)
			check("AUPRO", v, err)
		})
	}
}

func TestOutOfRangeArgumentsAreErrors(t *testing.T) {
	scores, defective := []float64{0, 1}, []bool{false, true}
	for _, rate := range []float64{-0.1, 1, math.NaN()} {
		_, err := FalseRejectsAtEscapes(scores, defective, rate)
		require.ErrorContains(t, err, "escape rate")
	}
	for _, limit := range []float64{0, -1, 1.1, math.NaN()} {
		_, err := AUPRO([][]float32{{0, 1}}, [][]bool{{false, true}}, 2, 1, limit)
		require.ErrorContains(t, err, "false-positive limit")
	}
}

func TestMismatchedLengthsPanic(t *testing.T) {
	require.PanicsWithValue(t, "metrics.AUROC: got 1 labels, want 2",
		func() { AUROC([]float64{1, 2}, []bool{true}) })
	require.PanicsWithValue(t, "metrics.PixelAUROC: got 1 masks, want 2",
		func() { PixelAUROC(make([][]float32, 2), make([][]bool, 1)) })
	require.PanicsWithValue(t, "metrics.PixelAUROC: got 2 mask pixels in image 0, want 1",
		func() { PixelAUROC([][]float32{{1}}, [][]bool{{true, false}}) })
	require.PanicsWithValue(t, "metrics.AUPRO: got 2 map pixels in image 0, want 4",
		func() { AUPRO([][]float32{{1, 0}}, [][]bool{{true, false}}, 2, 2, 0.3) })
	require.PanicsWithValue(t, "metrics.Components: got 3 mask pixels, want 4",
		func() { Components(make([]bool, 3), 2, 2) })
	require.PanicsWithValue(t, "metrics.ClopperPearson: got 3 hits in 2 trials, want 0 <= hits <= trials and trials > 0",
		func() { ClopperPearson(3, 2, 0.95) })
	require.PanicsWithValue(t, "metrics.ClopperPearson: got confidence 1, want one between 0 and 1",
		func() { ClopperPearson(1, 2, 1) })
}

func TestFalseRejectsAtEscapes(t *testing.T) {
	// Ten defective parts score 1…10; good parts lie between and on them.
	scores := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2.5, 3, 3, 8}
	defective := make([]bool, len(scores))
	for i := range 10 {
		defective[i] = true
	}
	cases := []struct {
		escapes           float64
		threshold         float64
		rejected, escaped int
	}{
		{escapes: 0, threshold: 1, rejected: 5, escaped: 0},
		{escapes: 0.09, threshold: 1, rejected: 5, escaped: 0},
		{escapes: 0.1, threshold: 2, rejected: 4, escaped: 1},
		{escapes: 0.2, threshold: 3, rejected: 3, escaped: 2},
		{escapes: 0.3, threshold: 4, rejected: 1, escaped: 3},
		{escapes: 0.7, threshold: 8, rejected: 1, escaped: 7},
		{escapes: 0.99, threshold: 10, rejected: 0, escaped: 9},
	}
	for _, c := range cases {
		r, err := FalseRejectsAtEscapes(scores, defective, c.escapes)
		require.NoError(t, err)
		require.Equal(t, []any{c.threshold, c.rejected, 6, c.escaped, 10},
			[]any{r.Threshold, r.Rejected, r.Good, r.Escaped, r.Defective}, "at %v escapes", c.escapes)
		near(t, "Rate", r.Rate, float64(c.rejected)/6, 0)
		near(t, "EscapeRate", r.EscapeRate, float64(c.escaped)/10, 0)
		low, high := ClopperPearson(c.rejected, 6, 0.95)
		require.Equal(t, []float64{low, high}, []float64{r.Low, r.High})
		low, high = ClopperPearson(c.escaped, 10, 0.95)
		require.Equal(t, []float64{low, high}, []float64{r.EscapeLow, r.EscapeHigh})
	}
}

// TestEscapesAreCountedInWholeParts: 0.29 of 100 parts is 29, although the
// product of the two floating-point numbers is a hair below.
func TestEscapesAreCountedInWholeParts(t *testing.T) {
	scores, defective := make([]float64, 101), make([]bool, 101)
	for i := range 100 {
		scores[i], defective[i] = float64(i), true
	}
	r, err := FalseRejectsAtEscapes(scores, defective, 0.29)
	require.NoError(t, err)
	require.Equal(t, 29, r.Escaped)
	require.Equal(t, 29.0, r.Threshold)
}

func TestEqualScoresAreRejectedTogether(t *testing.T) {
	// One of four may escape, but the two lowest are tied: none does.
	r, err := FalseRejectsAtEscapes([]float64{2, 2, 3, 4, 1, 2}, []bool{true, true, true, true, false, false}, 0.25)
	require.NoError(t, err)
	require.Equal(t, 2.0, r.Threshold)
	require.Zero(t, r.Escaped)
	require.Equal(t, 1, r.Rejected)
}

func TestBestF1TakesTheHighestOfEqualThresholds(t *testing.T) {
	// Threshold 4: 1 of 2 found, no alarm, F1 = 2/3. Threshold 1: both found,
	// two alarms, F1 = 4/6.
	f1, threshold, err := BestF1([]float64{4, 3, 2, 1}, []bool{true, false, false, true})
	require.NoError(t, err)
	near(t, "F1", f1, 2.0/3, 1e-15)
	require.Equal(t, 4.0, threshold)
}
