package perceptual

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/internal/safetensors"
)

// resnetGolden is what PyTorch computed in float64 for one network.
type resnetGolden struct {
	Size     [2]int
	Features []summary
	Grad     summary
	State    map[string][]int
}

// goldenState are the tensors of make_resnet_golden.py under torchvision's names.
func goldenState(n Network) []safetensors.Tensor {
	var tensors []safetensors.Tensor
	for i, p := range n.blueprint().params {
		x := newTensor(p)
		bound, offset := 0.1, float32(0)
		switch {
		case len(p.shape) == 4:
			bound = math.Sqrt(6 / float64(p.shape[1]*p.shape[2]*p.shape[3]))
		case strings.HasSuffix(p.name, "weight"):
			bound, offset = 0.25, 0.75
		case strings.HasSuffix(p.name, "running_var"):
			bound, offset = 0.5, 1
		}
		fillUniform(x.Data, 1+uint32(i)*0x9e3779b9, bound)
		for k := range x.Data {
			x.Data[k] += offset
		}
		tensors = append(tensors, x)
	}
	return tensors
}

// goldenResNet puts goldenState on the backend; the smallest goes through a file.
func goldenResNet(t *testing.T, n Network) *Features {
	t.Helper()
	tensors := goldenState(n)
	if n == ResNet18 {
		dir := t.TempDir()
		rest := safetensors.Tensor{Name: "fc.bias", Shape: []int{1}, Data: []float32{0}} // as the official file has
		require.NoError(t, safetensors.WriteFile(filepath.Join(dir, "resnet18.safetensors"), append(tensors, rest), nil))
		w, err := OpenWeights(dir)
		require.NoError(t, err)
		f, err := NewFeatures(backend(t), w, n)
		require.NoError(t, err)
		require.Equal(t, "resnet18.safetensors", f.Source())
		require.False(t, f.Random())
		return f
	}
	folded, err := foldNorms(tensors)
	require.NoError(t, err)
	f := emptyFeatures(backend(t), n)
	f.weights.set(&values{tensors: folded})
	return f
}

func TestResNetsMatchPyTorch(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "resnet.json"))
	require.NoError(t, err)
	var golden map[Network]resnetGolden
	require.NoError(t, json.Unmarshal(data, &golden))
	require.Len(t, golden, 3)
	for n, g := range golden {
		t.Run(string(n), func(t *testing.T) {
			if testing.Short() && n != ResNet18 {
				t.Skip("short: the large networks take a gigabyte and seconds")
			}
			state := map[string][]int{}
			for _, p := range n.blueprint().params {
				state[p.name] = p.shape
			}
			require.Equal(t, g.State, state, "names and shapes of the state")

			f := goldenResNet(t, n)
			tape := autograd.NewTape(backend(t))
			x := tape.Variable(uniform(77, 1, 2, 3, g.Size[0], g.Size[1]), 2, 3, g.Size[0], g.Size[1])
			taps := make([]int, len(g.Features))
			for i, s := range g.Features {
				taps[i] = s.Tap
			}
			sum := tape.Full(0, 1)
			for i, y := range f.Forward(tape, x, taps...) {
				g.Features[i].check(t, y, 1e-4, fmt.Sprint("layer ", taps[i]))
				weights := tape.Input(uniform(uint32(600+taps[i]), 1, y.Shape()...), y.Shape()...)
				sum = tape.Add(sum, tape.Mean(tape.Mul(y, weights)))
			}
			g.Grad.check(t, gradient(t, tape, sum, x), kink, "gradient")
		})
	}
}

func TestStages(t *testing.T) {
	want := map[Network][]int{
		VGG19: {3, 8, 17, 26, 35}, VGG16: {3, 8, 15, 22, 29}, AlexNet: {1, 4, 11}, SqueezeNet: {1, 4, 7, 12},
		ResNet18: {1, 3, 4, 5, 6}, ResNet50: {1, 3, 4, 5, 6}, WideResNet50: {1, 3, 4, 5, 6}, Embedded: {1, 4, 9, 14, 17},
	}
	require.Len(t, want, len(networks))
	for n, stages := range want {
		require.Equal(t, stages, n.Stages(), n)
	}
}

// TestResNetSizes follows a small odd image through the strides.
func TestResNetSizes(t *testing.T) {
	require.Equal(t, 1, ResNet18.MinSize(6))
	f, err := NewFeatures(backend(t), randomWeights(t), ResNet18)
	require.NoError(t, err)
	require.Equal(t, "random, never trained (seed 1)", f.Source())
	tape := autograd.NewTape(backend(t))
	outputs := f.Forward(tape, tape.Full(0.5, 1, 3, 33, 65), ResNet18.Stages()...)
	for i, shape := range [][]int{{1, 64, 17, 33}, {1, 64, 9, 17}, {1, 128, 5, 9}, {1, 256, 3, 5}, {1, 512, 2, 3}} {
		require.Equal(t, shape, outputs[i].Shape())
	}
	for _, v := range outputs[4].Data() {
		require.Less(t, float64(v), 1e6)
	}
}

// TestImages compares with standardization by torchvision's constants.
func TestImages(t *testing.T) {
	f, err := NewFeatures(backend(t), randomWeights(t), ResNet18)
	require.NoError(t, err)
	tape := autograd.NewTape(backend(t))
	x, _ := pair(tape, 32, 32)
	standardized := slices.Clone(x.Data())
	mean, std := []float32{0.485, 0.456, 0.406}, []float32{0.229, 0.224, 0.225}
	for i, v := range standardized {
		c := i / (32 * 32) % 3
		standardized[i] = ((v+1)/2 - mean[c]) / std[c]
	}
	want := f.Forward(tape, tape.Input(standardized, x.Shape()...), 6)[0].Data()
	for i, v := range f.Images(tape, x, 6)[0].Data() {
		requireNear(t, float64(want[i]), float64(v), 1e-4, length(want)/math.Sqrt(float64(len(want))), "value %d", i)
	}
}

func TestFoldRefusesNegativeVariance(t *testing.T) {
	tensors := goldenState(ResNet18)[:5]
	tensors[4].Data[7] = -0.5
	_, err := foldNorms(tensors)
	require.ErrorContains(t, err, "tensor bn1.running_var: value 7 is -0.5, want no variance below 0")
}

func TestNormNames(t *testing.T) {
	for conv, norm := range map[string]string{
		"conv1": "bn1", "layer3.2.conv3": "layer3.2.bn3", "layer2.0.downsample.0": "layer2.0.downsample.1",
	} {
		require.Equal(t, norm, normOf(conv))
	}
}

// TestPretrainedResNets loads the official files where somebody put them.
func TestPretrainedResNets(t *testing.T) {
	dir := sharedWeights(t)
	w, err := OpenWeights(dir)
	require.NoError(t, err)
	for _, n := range []Network{ResNet18, ResNet50, WideResNet50} {
		t.Run(string(n), func(t *testing.T) {
			f, err := NewFeatures(backend(t), w, n)
			if err != nil {
				require.ErrorIs(t, err, ErrNoWeights)
				t.Skip(err)
			}
			tape := autograd.NewTape(backend(t))
			image := loadImage(t, dir, "ref", 64, 0, 64).input(tape)
			taps := n.Stages()
			for i, y := range f.Images(tape, image, taps...) {
				rms := length(y.Data()) / math.Sqrt(float64(y.Len()))
				require.Greater(t, rms, 0., "layer %d", taps[i])
				require.Less(t, rms, 1e3, "layer %d", taps[i])
			}
		})
	}
}
