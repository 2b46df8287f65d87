package torchpickle

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/internal/safetensors"
)

// ramp is the value generator of testdata/make_golden.py.
func ramp(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i*7%23-11) / 8
	}
	return values
}

// at picks values of a ramp by index.
func at(indices ...int) []float32 {
	values := make([]float32, len(indices))
	for i, index := range indices {
		values[i] = float32(index*7%23-11) / 8
	}
	return values
}

func goldenState() []safetensors.Tensor {
	return []safetensors.Tensor{
		{Name: "conv.weight", DType: "F32", Shape: []int{3, 2, 2, 2}, Data: ramp(24)},
		{Name: "conv.bias", DType: "F32", Shape: []int{3}, Data: ramp(3)},
		{Name: "parameter", DType: "F32", Shape: []int{4}, Data: ramp(4)},
		{Name: "transposed", DType: "F32", Shape: []int{4, 3}, Data: at(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11)},
		{Name: "slice", DType: "F32", Shape: []int{3, 3}, Data: at(11, 13, 15, 17, 19, 21, 23, 25, 27)},
		{Name: "same_storage", DType: "F32", Shape: []int{2}, Data: at(38, 39)},
		{Name: "half", DType: "F16", Shape: []int{6}, Data: ramp(6)},
		{Name: "brain", DType: "BF16", Shape: []int{2, 3}, Data: ramp(6)},
		{Name: "double", DType: "F64", Shape: []int{5}, Data: ramp(5)},
		{Name: "num_batches_tracked", DType: "I64", Data: []float32{300}},
		{Name: "empty", DType: "F32", Shape: []int{0, 3}, Data: []float32{}},
		{Name: "expanded", DType: "F32", Shape: []int{3}, Data: at(1, 1, 1)},
	}
}

func TestReadGoldenState(t *testing.T) {
	for _, name := range []string{"zip.pth", "legacy.pth"} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadFile(filepath.Join("testdata", name), nil)
			require.NoError(t, err)
			require.Equal(t, goldenState(), got)
		})
	}
}

func TestKeepSelectsByName(t *testing.T) {
	for _, name := range []string{"zip.pth", "legacy.pth"} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadFile(filepath.Join("testdata", name), func(name string) bool {
				return strings.HasPrefix(name, "conv.")
			})
			require.NoError(t, err)
			require.Equal(t, goldenState()[:2], got)
		})
	}
}

func TestReadRefusesOtherContent(t *testing.T) {
	tests := []struct {
		file string
		want string
	}{
		{"module_zip.pth", `global "torch.nn.modules.conv.Conv2d" is not allowed`},
		{"int32_zip.pth", `global "torch.IntStorage" is not allowed`},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			path := filepath.Join("testdata", tt.file)
			_, err := ReadFile(path, nil)
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, tt.want)
		})
	}
	_, err := ReadFile(filepath.Join(t.TempDir(), "missing"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestDamageIsFoundOrHarmless cuts golden files everywhere (always an error)
// and flips a bit of every byte (never a panic; in the zip form, whose checksums
// cover every entry, never other values).
func TestDamageIsFoundOrHarmless(t *testing.T) {
	for _, name := range []string{"zip.pth", "legacy.pth"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", name))
			require.NoError(t, err)
			for n := range data {
				_, err := Read(bytes.NewReader(data[:n]), int64(n), nil)
				require.Error(t, err, "cut to %d bytes", n)
			}
			for i := range data {
				flipped := bytes.Clone(data)
				flipped[i] ^= 1 << (i % 8)
				got, err := Read(bytes.NewReader(flipped), int64(len(data)), nil)
				if err == nil && name == "zip.pth" {
					require.Equal(t, goldenState(), got, "byte %d bit %d", i, i%8)
				}
			}
		})
	}
}

// sharedDir returns the folder of shared weights or skips the test.
func sharedDir(t *testing.T) string {
	t.Helper()
	root := os.Getenv("TRUSTMAE_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(root, "weights")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no pre-trained weights: %v", err)
	}
	return dir
}

func TestReadRealFiles(t *testing.T) {
	dir := sharedDir(t)
	tests := []struct {
		file    string
		tensors int
		first   string
		shape   []int
	}{
		{"lpips/alex.pth", 5, "lin0.model.1.weight", []int{1, 64, 1, 1}},
		{"lpips/vgg.pth", 5, "lin0.model.1.weight", []int{1, 64, 1, 1}},
		{"lpips/squeeze.pth", 7, "lin0.model.1.weight", []int{1, 64, 1, 1}},
		{"squeezenet1_1_features.pth", 50, "0.weight", []int{64, 3, 3, 3}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			got, err := ReadFile(filepath.Join(dir, tt.file), nil)
			require.NoError(t, err)
			require.Len(t, got, tt.tensors)
			require.Equal(t, tt.first, got[0].Name)
			require.Equal(t, tt.shape, got[0].Shape)
			for _, tensor := range got {
				for _, v := range tensor.Data {
					require.Less(t, max(v, -v), float32(100), tensor.Name) // NaN fails too
				}
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"zip.pth", "legacy.pth", "module_zip.pth"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, container := range containers(f) {
		f.Add(container.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tensors, err := Read(bytes.NewReader(data), int64(len(data)), nil)
		if err != nil {
			require.Less(t, len(err.Error()), 1000, "an error for people")
			return
		}
		for _, tensor := range tensors {
			n := 1
			for _, size := range tensor.Shape {
				n *= size
			}
			if n != len(tensor.Data) {
				t.Fatalf("%q: %d values for shape %v", tensor.Name, len(tensor.Data), tensor.Shape)
			}
		}
	})
}

// FuzzRun goes past the containers to the machine itself.
func FuzzRun(f *testing.F) {
	for _, p := range hostile {
		f.Add([]byte(p.program))
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		state, err := run(program)
		if err == nil {
			_, err = flatten(state.value)
		}
		if err != nil {
			require.Less(t, len(err.Error()), 1000, "an error for people")
		}
	})
}
