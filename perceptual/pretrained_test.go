package perceptual

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
)

// point is [row, column, value].
type point [3]float64

// lpipsGolden is what the LPIPS code computed for a pair of images.
type lpipsGolden struct {
	Scalar   float64
	PerLayer []float64 `json:"per_layer"`
	Grad     struct {
		L2, Sum float64
		Points  []point `json:"points_c0"`
	} `json:"grad_wrt_second"`
	Spatial struct {
		Mean, Max, Min float64
		Argmax         [2]int
		Points         []point
		PerLayerMean   []float64 `json:"per_layer_mean"`
	}
}

type featureGolden struct {
	Shape         []int
	Mean, L2, Max float64
	First         []float64 `json:"c0_row0_first4"`
}

// lpipsNetGolden holds the golden values of one network.
type lpipsNetGolden struct {
	Full      map[string]map[string]lpipsGolden `json:"full64x64"`
	Crop      map[string]map[string]lpipsGolden `json:"crop_rows0-61_cols3-50 (61x47)"`
	Features  []featureGolden                   `json:"features_ref"`
	Identical float64                           `json:"identical_images"`
	ZerosOnes float64                           `json:"zeros_vs_ones_64"`
}

// pixels are RGB rows in [-1,1], [3,height,width].
type pixels struct {
	height, width int
	values        []float32
}

// loadImage reads rows [0,h) and columns [left,left+w) of an example image.
func loadImage(t *testing.T, dir, name string, h, left, w int) pixels {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, "images", "ex_"+name+".png"))
	require.NoError(t, err)
	defer file.Close()
	img, err := png.Decode(file)
	require.NoError(t, err)
	p := pixels{h, w, make([]float32, 3*h*w)}
	for row := range h {
		for col := range w {
			r, g, b, _ := img.At(left+col, row).RGBA()
			for c, v := range []uint32{r, g, b} {
				p.values[(c*h+row)*w+col] = float32(v>>8)/127.5 - 1
			}
		}
	}
	return p
}

func (p pixels) input(tape *autograd.Tape) *autograd.Tensor {
	return tape.Input(p.values, 1, 3, p.height, p.width)
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, v))
}

func TestPretrainedLPIPS(t *testing.T) {
	dir := sharedWeights(t)
	weights, err := OpenWeights(dir)
	require.NoError(t, err)
	all := map[string]json.RawMessage{}
	readJSON(t, filepath.Join(dir, "golden", "lpips_golden.json"), &all)
	for _, net := range []string{"alex", "squeeze"} {
		var g lpipsNetGolden
		require.NoError(t, json.Unmarshal(all[net], &g))
		l, err := NewLPIPS(backend(t), weights, LPIPSOptions{Net: net})
		require.NoError(t, err)
		require.False(t, l.Random())
		for _, name := range []string{"p0", "p1"} {
			t.Run(net+"/full/"+name, func(t *testing.T) {
				x, y := loadImage(t, dir, "ref", 64, 0, 64), loadImage(t, dir, name, 64, 0, 64)
				spatial := g.Full["ref-"+name]["float64"].check(t, l, x, y)
				checkMap(t, filepath.Join(dir, "golden", fmt.Sprintf("spatial_%s_ref-%s_64x64_f32le.bin", net, name)), spatial)
			})
			t.Run(net+"/crop/"+name, func(t *testing.T) {
				x, y := loadImage(t, dir, "ref", 61, 3, 47), loadImage(t, dir, name, 61, 3, 47)
				g.Crop["ref-"+name]["float64"].check(t, l, x, y)
			})
		}
		t.Run(net+"/features", func(t *testing.T) {
			tape := autograd.NewTape(backend(t))
			x := l.input.apply(tape, loadImage(t, dir, "ref", 64, 0, 64).input(tape))
			for i, f := range l.features.Forward(tape, x, l.taps...) {
				g.Features[i].check(t, i, f)
			}
		})
		t.Run(net+"/constants", func(t *testing.T) {
			tape := autograd.NewTape(backend(t))
			zeros, ones := tape.Full(0, 1, 3, 64, 64), tape.Full(1, 1, 3, 64, 64)
			requireNear(t, g.ZerosOnes, float64(l.Scalar(tape, zeros, ones).Item()), 1e-4, 0, "zeros against ones")
			ref := loadImage(t, dir, "ref", 64, 0, 64).input(tape)
			require.Zero(t, l.Scalar(tape, ref, ref).Item())
		})
	}
}

// check compares distance, map and gradient of a pair and returns the map.
func (g lpipsGolden) check(t *testing.T, l *LPIPS, x, y pixels) []float32 {
	t.Helper()
	tape := autograd.NewTape(backend(t))
	first, second := x.input(tape), tape.Variable(y.values, 1, 3, y.height, y.width)
	scalar := l.Scalar(tape, first, second)
	requireNear(t, g.Scalar, float64(scalar.Item()), 1e-4, 0, "scalar")
	l.each(tape, first, second, func(tap int, d *autograd.Tensor) {
		requireNear(t, g.PerLayer[tap], float64(tape.Mean(d).Item()), 1e-4, 0, "tap %d", tap)
		up := tape.ResizeBilinear(d, x.height, x.width)
		requireNear(t, g.Spatial.PerLayerMean[tap], float64(tape.Mean(up).Item()), 1e-4, 0, "map of tap %d", tap)
	})

	grad := gradient(t, tape, scalar, second).Data()
	requireNear(t, g.Grad.L2, length(grad), 1e-4, 0, "length of the gradient")
	requireNear(t, g.Grad.Sum, mean(grad)*float64(len(grad)), 1e-4, g.Grad.L2, "sum of the gradient")
	for _, p := range g.Grad.Points {
		at := int(p[0])*y.width + int(p[1])
		requireNear(t, p[2], float64(grad[at]), 1e-4, g.Grad.L2/math.Sqrt(float64(len(grad))), "gradient at %v", p[:2])
	}

	spatial := l.Spatial(tape, first, second).Data()
	requireNear(t, g.Spatial.Mean, mean(spatial), 1e-4, 0, "mean of the map")
	largest, smallest := 0, 0
	for i, v := range spatial {
		if v > spatial[largest] {
			largest = i
		}
		if v < spatial[smallest] {
			smallest = i
		}
	}
	requireNear(t, g.Spatial.Max, float64(spatial[largest]), 1e-4, 0, "largest of the map")
	requireNear(t, g.Spatial.Min, float64(spatial[smallest]), 1e-4, 0, "smallest of the map")
	require.Equal(t, g.Spatial.Argmax, [2]int{largest / x.width, largest % x.width})
	for _, p := range g.Spatial.Points {
		requireNear(t, p[2], float64(spatial[int(p[0])*x.width+int(p[1])]), 1e-4, 0, "map at %v", p[:2])
	}
	return spatial
}

// checkMap compares every value with a file of little-endian float32.
func checkMap(t *testing.T, path string, got []float32) {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Len(t, raw, 4*len(got))
	for i, v := range got {
		want := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		requireNear(t, float64(want), float64(v), 1e-4, 0, "map value %d", i)
	}
}

func (g featureGolden) check(t *testing.T, tap int, got *autograd.Tensor) {
	t.Helper()
	require.Equal(t, append([]int{1}, g.Shape...), got.Shape())
	data := got.Data()
	requireNear(t, g.Mean, mean(data), 1e-4, 0, "mean of tap %d", tap)
	requireNear(t, g.L2, length(data), 1e-4, 0, "length of tap %d", tap)
	for i, want := range g.First {
		requireNear(t, want, float64(data[i]), 1e-4, g.Max/100, "tap %d value %d", tap, i)
	}
}

func TestPretrainedVGG19(t *testing.T) {
	dir := sharedWeights(t)
	weights, err := OpenWeights(dir)
	require.NoError(t, err)
	type tapGolden struct {
		Shape     []int
		Mean, Std float64
		Row0      []float64 `json:"c0_row0_first4"`
		Row1      []float64 `json:"c7_row1_first4"`
		P0        float64   `json:"L1_mean_ref_p0"`
		P1        float64   `json:"L1_mean_ref_p1"`
		ReLUP0    float64   `json:"relu_L1_mean_ref_p0"`
		ReLUP1    float64   `json:"relu_L1_mean_ref_p1"`
	}
	g := map[string]json.RawMessage{}
	readJSON(t, filepath.Join(dir, "golden", "vgg19_golden.json"), &g)
	taps := make([]tapGolden, 5)
	for i, name := range []string{"conv1_2", "conv2_2", "conv3_4", "conv4_4", "conv5_4"} {
		require.NoError(t, json.Unmarshal(g[name], &taps[i]))
	}
	tape := autograd.NewTape(backend(t))
	image := func(name string) *autograd.Tensor { return loadImage(t, dir, name, 64, 0, 64).input(tape) }

	f, err := NewFeatures(backend(t), weights, VGG19)
	require.NoError(t, err)
	for i, y := range f.Forward(tape, newImageNet(backend(t)).apply(tape, image("ref")), vgg19Convs...) {
		require.Equal(t, append([]int{1}, taps[i].Shape...), y.Shape())
		data, width := y.Data(), y.Dim(3)
		requireNear(t, taps[i].Mean, mean(data), 1e-4, taps[i].Std, "mean of tap %d", i)
		for k, want := range taps[i].Row0 {
			requireNear(t, want, float64(data[k]), 1e-4, taps[i].Std, "tap %d channel 0 value %d", i, k)
		}
		for k, want := range taps[i].Row1 {
			requireNear(t, want, float64(data[7*y.Dim(2)*width+width+k]), 1e-4, taps[i].Std, "tap %d channel 7 value %d", i, k)
		}
	}
	for _, tap := range []string{"conv", "relu"} {
		l, err := NewFeatureLoss(backend(t), weights, FeatureLossOptions{Tap: tap, Norm: "imagenet"})
		require.NoError(t, err)
		require.Equal(t, "vgg19: vgg19_features_f16.safetensors", l.Source())
		want := [2]float64{}
		for i, k := range tapWeights {
			terms := [2]float64{taps[i].P0, taps[i].P1}
			if tap == "relu" {
				terms = [2]float64{taps[i].ReLUP0, taps[i].ReLUP1}
			}
			for j, v := range terms {
				want[j] += float64(k) * v
			}
		}
		for j, name := range []string{"p0", "p1"} {
			requireNear(t, want[j], float64(l.Loss(tape, image("ref"), image(name)).Item()), 1e-4, 0, "%s loss of %s", tap, name)
		}
	}
}

// TestPretrainedFilesOfVGG16 checks that the trunk, which is not among the
// shared files, is asked for by name.
func TestPretrainedFilesOfVGG16(t *testing.T) {
	weights, err := OpenWeights(sharedWeights(t))
	require.NoError(t, err)
	_, err = NewLPIPS(backend(t), weights, LPIPSOptions{Net: "vgg"})
	require.ErrorIs(t, err, ErrNoWeights)
	require.ErrorContains(t, err, "vgg16-397923af.pth")
	v, err := weights.channels(VGG16)
	require.NoError(t, err)
	require.Len(t, v.tensors, 5)
}
