package memae

import (
	"math"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/memae/dataset"
	"github.com/org/trustmae/memae/heatmap"
	"github.com/org/trustmae/nn"
	"github.com/org/trustmae/perceptual"
)

// Result is what a detector says of one photo.
type Result struct {
	Max, Mean, Top float64 // the map's largest value, mean, and mean of its largest share
	Raw            float64 // the one that score.pool names
	Normalised     float64 // Raw/(Raw+threshold), in [0,1): ½ at the threshold; 0 before calibration
	Defective      bool    // Raw > threshold

	Width, Height  int       // of Map, pixels
	Map            []float32 // anomaly map, row-major; units of the configured map
	Mask           []bool    // Map > the pixel threshold; nil before calibration
	Regions        []heatmap.Region
	Reconstruction dataset.Image // what the photo would look like without defect
}

// defaultTop is the share of pixels in Result.Top unless score.pool is "top:P".
const defaultTop = 0.01

// minRegion is the least size of a reported region, pixels.
const minRegion = 4

// anomalyMap returns [N,1,H,W] for photos x and reconstructions y in [-1,1]:
// MSE ⊙ PD in the paper; see ScoreConfig.Map.
func anomalyMap(t *autograd.Tape, kind string, distance *perceptual.LPIPS, x, y *autograd.Tensor) *autograd.Tensor {
	switch kind {
	case "mse":
		return squaredError(t, x, y)
	case "pd":
		return distance.Spatial(t, x, y)
	case "ssim":
		similarity := nn.SSIMMap(t, onRange(t, x, "unit"), onRange(t, y, "unit"), nn.SSIMOptions{})
		return t.AddScalar(t.Neg(t.Mean(similarity, 1)), 1)
	default:
		return t.Mul(squaredError(t, x, y), distance.Spatial(t, x, y))
	}
}

// squaredError is the mean over channels of (x−y)² [N,1,H,W].
func squaredError(t *autograd.Tape, x, y *autograd.Tensor) *autograd.Tensor {
	return t.Mean(t.Square(t.Sub(x, y)), 1)
}

// blurTaps is a gaussian of the given standard deviation, cut at three of them
// and normalised.
func blurTaps(sigma float64) []float32 {
	radius := int(math.Ceil(3 * sigma))
	taps := make([]float32, 2*radius+1)
	sum := 0.0
	for i := range taps {
		d := float64(i - radius)
		sum += math.Exp(-d * d / (2 * sigma * sigma))
	}
	for i := range taps {
		d := float64(i - radius)
		taps[i] = float32(math.Exp(-d*d/(2*sigma*sigma)) / sum)
	}
	return taps
}

// pool fills the scores of r from its map. scratch has the map's size.
func (r *Result) pool(kind string, share float64, scratch []float32) {
	if kind != "top" {
		share = defaultTop
	}
	copy(scratch, r.Map)
	count := max(int(math.Round(share*float64(len(scratch)))), 1)
	top := largestLast(scratch, count)
	r.Max = float64(largestLast(top, 1)[0])
	r.Mean = mean(r.Map)
	r.Top = mean(top)
	switch kind {
	case "max":
		r.Raw = r.Max
	case "mean":
		r.Raw = r.Mean
	case "top":
		r.Raw = r.Top
	}
}

func mean(values []float32) float64 {
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	return sum / float64(len(values))
}

// judge compares r with the limits.
func (r *Result) judge(c Calibration, f *heatmap.Finder) {
	r.Normalised, r.Defective = c.normalise(r.Raw), r.Raw > c.Threshold
	m := heatmap.Map{Width: r.Width, Height: r.Height, Scores: r.Map}
	r.Mask = heatmap.Mask(m, float32(c.PixelThreshold))
	r.Regions = f.Regions(m, r.Mask, minRegion)
}
