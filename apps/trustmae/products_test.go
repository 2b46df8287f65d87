package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/synthetic"
)

// twoLines is a folder with the data sets nut and bolt.
func twoLines(t *testing.T) string {
	t.Helper()
	parent := t.TempDir()
	for i, name := range []string{"nut", "bolt"} {
		o := synthetic.Options{Size: 64, Seed: uint64(5 + i), TrainGood: 8 + i, TrainDefective: -1, TestGood: 3, TestDefective: 10}
		require.NoError(t, synthetic.Write(filepath.Join(parent, name), o))
	}
	return parent
}

func TestJointModel(t *testing.T) {
	_, _, config := fixtures(t)
	parent := twoLines(t)
	nut, bolt := filepath.Join(parent, "nut"), filepath.Join(parent, "bolt")
	model := filepath.Join(t.TempDir(), "both.safetensors")
	stdout := mustCLI(t, "train", parent, "--joint", "--model", model, "--config", config, "--noise", "20")
	require.Contains(t, stdout, "product    bolt\n")
	suspects := readCSV(t, model+suspectsSuffix)
	require.Len(t, suspects, 1+8+9+2+2)
	require.True(t, strings.HasPrefix(suspects[1][1], "nut/t") || strings.HasPrefix(suspects[1][1], "bolt/t"), suspects[1][1])

	for _, name := range []string{"nut", "bolt"} {
		// 8 = 3 good photos and one of each of five kinds
		require.Contains(t, mustCLI(t, "eval", model, filepath.Join(parent, name)), "8: 3 good, 5 defective")
	}
	code, _, stderr := cli(t, "eval", model, nut, "--product", "bolt")
	require.Equal(t, exitFailure, code)
	require.Contains(t, stderr, "give the folder that the split was made from")

	good := filepath.Join(bolt, "test", "good")
	named := mustCLI(t, "detect", model, good)
	require.Equal(t, named, mustCLI(t, "detect", model, good, "--product", "bolt"))
	require.NotEqual(t, named, mustCLI(t, "detect", model, good, "--product", "nut"))

	elsewhere := folder(t, map[string][]byte{"a.png": photo(t, 0, 64)})
	for _, args := range [][]string{{elsewhere}, {nut, bolt}} {
		code, _, stderr = cli(t, append([]string{"detect", model}, args...)...)
		require.Equal(t, exitFailure, code)
		require.Contains(t, stderr, "the model knows bolt, nut: say with --product")
	}
	code, _, stderr = cli(t, "detect", model, nut, "--product", "screw")
	require.Equal(t, exitFailure, code)
	require.Contains(t, stderr, "the model knows bolt, nut")

	mustCLI(t, "calibrate", model, good, "--budget", "30")
	backend, err := cpu.Default()
	require.NoError(t, err)
	d, err := memae.Open(model, backend)
	require.NoError(t, err)
	for name, rule := range map[string]string{"nut": "robust", "bolt": "budget"} {
		view, err := d.Product(name)
		require.NoError(t, err)
		require.Equal(t, rule, view.Calibration().Rule, name)
	}
}

func TestJointModelOfWhat(t *testing.T) {
	_, single, config := fixtures(t)
	parent := twoLines(t)
	twin := filepath.Join(t.TempDir(), "nut")
	require.NoError(t, os.CopyFS(twin, os.DirFS(filepath.Join(parent, "nut"))))
	classes := filepath.Join(t.TempDir(), "classes.json")
	require.NoError(t, os.WriteFile(classes, []byte(`{"scope": "joint", "generator": {"classes": 5}}`), 0o666))
	model := filepath.Join(t.TempDir(), "m.safetensors")
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"one", []string{filepath.Join(parent, "nut"), "--joint", "--config", config}, exitFailure, "learns several products and " + filepath.Join(parent, "nut") + " is one"},
		{"same names", []string{parent, twin, "--joint", "--config", config}, exitFailure, "are both called nut"},
		{"other classes", []string{parent, "--config", classes}, exitUsage, "generator.classes is 5 for 2 products (bolt, nut)"},
		{"not joint", []string{parent, "--config", config}, exitFailure, "holds data sets of its own (bolt, nut): give one of them, or learn one model for all of them with --joint"},
	} {
		code, _, stderr := cli(t, append([]string{"train", "--model", model}, tt.args...)...)
		require.Equal(t, tt.code, code, "%s: %s", tt.name, stderr)
		require.Contains(t, lastLine(stderr), tt.want, tt.name)
	}
	code, _, stderr := cli(t, "detect", single, twin, "--product", "nut")
	require.Equal(t, exitFailure, code)
	require.Contains(t, stderr, "knows one product only")
}
