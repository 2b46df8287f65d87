package perceptual

import (
	"archive/zip"
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/internal/safetensors"
)

// convPlan describes the tensors of internal/torchpickle's golden file.
func convPlan(file string) blueprint {
	return blueprint{what: "a test network", files: []string{"missing.safetensors", file}, prefix: "conv.",
		params: []param{{"weight", []int{3, 2, 2, 2}}, {"bias", []int{3}}}}
}

// write puts the plan's tensors, changed by edit, into a fresh folder.
func write(t *testing.T, edit func(tensors []safetensors.Tensor) []safetensors.Tensor) string {
	t.Helper()
	var tensors []safetensors.Tensor
	for _, p := range convPlan("").params {
		x := newTensor(p)
		x.Name = "conv." + x.Name
		tensors = append(tensors, x)
	}
	dir := t.TempDir()
	require.NoError(t, safetensors.WriteFile(filepath.Join(dir, "net.safetensors"), edit(tensors), nil))
	return dir
}

func TestLoadReadsTorchFiles(t *testing.T) {
	dir := filepath.Join("..", "internal", "torchpickle", "testdata")
	for _, name := range []string{"zip.pth", "legacy.pth"} {
		v, err := load(dir, convPlan(name))
		require.NoError(t, err)
		require.Equal(t, name, v.source)
		require.False(t, v.random)
		require.Equal(t, "weight", v.tensors[0].Name)
		require.Equal(t, []float32{-11. / 8, -4. / 8, 3. / 8}, v.tensors[1].Data)
	}
}

func TestLoadTakesPlainNamesOtherTensorsAndHalf(t *testing.T) {
	dir := write(t, func(tensors []safetensors.Tensor) []safetensors.Tensor {
		tensors[0].DType = safetensors.F16
		tensors[1].Name = "bias"
		return append(tensors, safetensors.Tensor{Name: "classifier.weight", Shape: []int{1}, Data: []float32{1}})
	})
	v, err := load(dir, convPlan("net.safetensors"))
	require.NoError(t, err)
	require.Len(t, v.tensors, 2)
}

func TestLoadErrors(t *testing.T) {
	plan := convPlan("net.safetensors")
	tests := []struct {
		name string
		edit func([]safetensors.Tensor) []safetensors.Tensor
		want string
	}{
		{"missing tensor", func(x []safetensors.Tensor) []safetensors.Tensor { return x[:1] },
			"net.safetensors: tensor conv.bias is missing: the file does not hold a test network"},
		{"shape", func(x []safetensors.Tensor) []safetensors.Tensor { x[0].Shape = []int{2, 3, 2, 2}; return x },
			"net.safetensors: tensor conv.weight has shape [2 3 2 2], want [3 2 2 2]: the file does not hold a test network"},
		{"NaN", func(x []safetensors.Tensor) []safetensors.Tensor { x[1].Data[2] = float32(math.NaN()); return x },
			"tensor conv.bias: value 2 is NaN: the file is damaged"},
		{"infinite", func(x []safetensors.Tensor) []safetensors.Tensor { x[1].Data[0] = float32(math.Inf(-1)); return x },
			"value 0 is -Inf"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(write(t, tt.edit), plan)
			require.ErrorContains(t, err, tt.want)
		})
	}
	t.Run("no file", func(t *testing.T) {
		_, err := load(t.TempDir(), plan)
		require.ErrorIs(t, err, ErrNoWeights)
		require.ErrorContains(t, err, "put one of these files there: missing.safetensors, net.safetensors")
	})
	t.Run("cut short", func(t *testing.T) {
		dir := write(t, slices.Clone)
		path := filepath.Join(dir, "net.safetensors")
		require.NoError(t, os.Truncate(path, 150))
		_, err := load(dir, plan)
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, "cut short")
	})
}

// TestLoadRefusesHostileFiles: each gives one line that names the file.
func TestLoadRefusesHostileFiles(t *testing.T) {
	torch, err := os.ReadFile(filepath.Join("..", "internal", "torchpickle", "testdata", "zip.pth"))
	require.NoError(t, err)
	module, err := os.ReadFile(filepath.Join("..", "internal", "torchpickle", "testdata", "module_zip.pth"))
	require.NoError(t, err)
	plain, err := os.ReadFile(filepath.Join(write(t, slices.Clone), "net.safetensors"))
	require.NoError(t, err)
	var zipped bytes.Buffer
	archive := zip.NewWriter(&zipped)
	for _, name := range []string{"net/data.pkl", "../../.profile"} {
		_, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	tests := []struct {
		name, file string
		data       []byte
		want       string
	}{
		{"code", "net.pth", module, `global "torch.nn.modules.conv.Conv2d" is not allowed`},
		{"path out of the archive", "net.pth", zipped.Bytes(), `"../../.profile" is no plain path`},
		{"cut archive", "net.pth", torch[:len(torch)/2], "not a valid zip file"},
		{"header of 4 GB", "net.safetensors", append([]byte{0, 0, 0, 0, 1, 0, 0, 0}, plain[8:]...), "header length 4294967296"},
		{"archive named as safetensors", "net.safetensors", torch, "rename it to end in .pth"},
		{"safetensors named as archive", "net.pth", plain, "rename it to end in .safetensors"},
		{"empty", "net.pth", nil, "not a file of torch.save"},
		{"text", "net.safetensors", []byte("<html>not found</html>"), "not a safetensors file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, tt.file)
			require.NoError(t, os.WriteFile(path, tt.data, 0o600))
			_, err := load(dir, convPlan(tt.file))
			require.ErrorContains(t, err, tt.want)
			require.ErrorContains(t, err, path)
			require.NotContains(t, err.Error(), "\n")
			require.Less(t, len(err.Error()), 400)
		})
	}
}

func TestWeightsOfAnotherNetwork(t *testing.T) {
	dir := t.TempDir()
	wrong := randomTrunk(1, SqueezeNet)
	require.NoError(t, safetensors.WriteFile(filepath.Join(dir, "alexnet.safetensors"), wrong.tensors, nil))
	weights, err := OpenWeights(dir)
	require.NoError(t, err)
	_, err = NewFeatures(backend(t), weights, AlexNet)
	require.ErrorContains(t, err, "alexnet.safetensors: tensor features.0.weight has shape [64 3 3 3], want [64 3 11 11]")
}

func TestOpenWeightsErrors(t *testing.T) {
	_, err := OpenWeights(filepath.Join(t.TempDir(), "missing"))
	require.ErrorIs(t, err, os.ErrNotExist)
	file := filepath.Join(t.TempDir(), "file.pth")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = OpenWeights(file)
	require.ErrorContains(t, err, "is a file, want the folder")
}

func TestUnknownOptionsAreErrors(t *testing.T) {
	w := randomWeights(t)
	for _, o := range []LPIPSOptions{{Net: "resnet"}, {Order: "eq9"}} {
		_, err := NewLPIPS(backend(t), w, o)
		require.ErrorContains(t, err, "perceptual distance: ")
		_, err = EmptyLPIPS(backend(t), o)
		require.Error(t, err)
	}
	for _, o := range []FeatureLossOptions{{Tap: "pool"}, {Norm: "batch"}, {Reduce: "max"}, {Parts: -1}} {
		_, err := NewFeatureLoss(backend(t), w, o)
		require.ErrorContains(t, err, "feature loss: ")
	}
}

func TestRandomWeights(t *testing.T) {
	a, again, other := randomTrunk(1, SqueezeNet), randomTrunk(1, SqueezeNet), randomTrunk(2, SqueezeNet)
	require.Equal(t, a, again)
	require.NotEqual(t, a.tensors[0].Data, other.tensors[0].Data)
	require.NotEqual(t, a.tensors[0].Data, randomTrunk(1<<32|1, SqueezeNet).tensors[0].Data, "upper half of the seed")
	require.True(t, a.random)
	require.Equal(t, "random, never trained (seed 1)", a.source)
	for _, x := range a.tensors {
		// The mean of n independent values lies within 4 standard errors.
		require.InDelta(t, 0, mean(x.Data), 4*length(x.Data)/float64(len(x.Data)), x.Name)
	}
}

func TestParamsMatchPublishedCounts(t *testing.T) {
	want := map[Network]int{VGG19: 20_024_384, VGG16: 14_714_688, AlexNet: 2_469_696, SqueezeNet: 722_496,
		ResNet18: 11_176_512, ResNet50: 23_508_032, WideResNet50: 66_834_240}
	for n, count := range want {
		got := 0
		for _, p := range n.blueprint().params {
			if strings.Contains(p.name, "running_") {
				continue // a statistic
			}
			got += len(newTensor(p).Data)
		}
		require.Equal(t, count, got, n)
	}
}
