package gpu

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/bench"
	"github.com/org/trustmae/internal/layers"
	"github.com/org/trustmae/memae"
)

// python returns an interpreter that has PyTorch, or skips.
func python(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a step of PyTorch at full width takes a while")
	}
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import torch").Run() == nil {
			return name
		}
	}
	t.Skip("no python3 here has PyTorch")
	return ""
}

// peer runs torch_peer.py on the processor, small, and returns its lines.
func peer(t *testing.T, arguments ...string) (lines []map[string]any) {
	t.Helper()
	cmd := exec.Command(python(t), append([]string{"torch_peer.py", "--device", "cpu", "--size", "64", "--batch", "2"}, arguments...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	require.NoError(t, err, "%s", &errs)
	for scan := bufio.NewScanner(bytes.NewReader(out)); scan.Scan(); {
		var line map[string]any
		require.NoError(t, json.Unmarshal(scan.Bytes(), &line), scan.Text())
		lines = append(lines, line)
	}
	return lines
}

// PyTorch is timed at the same work: its step asks for the multiply-adds that ours
// does, and its networks have as many parameters.
func TestPeerDoesTheSameWork(t *testing.T) {
	c := memae.DefaultConfig()
	c.Size = 64
	line := peer(t, "--count")[0]
	require.EqualValues(t, bench.StepMACs(c, 2), line["macs"])
	parameters := line["parameters"].(map[string]any)
	// norms, biases and the memory's slots come to the convolutions' weights
	for name, weights := range map[string]int64{
		"generator":     bench.Generator(c).Weights() + int64(c.Memory.Slots*c.Memory.Dim),
		"discriminator": bench.Discriminator(c).Weights(),
		"features":      layers.VGG19(c.Size).Weights(),
	} {
		require.InEpsilon(t, weights, parameters[name], 3e-3, name)
	}
}

// Every work of the peer runs on the processor but those that take a newer
// PyTorch.
func TestPeerRuns(t *testing.T) {
	works := make(map[string]bool)
	for _, line := range peer(t, "--seconds", "0") {
		works[line["work"].(string)+" "+line["variant"].(string)] = true
		if line["variant"] != "compiled" {
			require.NotContains(t, line, "error", "%v", line["work"])
		}
		if line["error"] == nil {
			require.Greater(t, line["median_ms"], 0.0)
		}
	}
	for _, a := range []string{"Copy eager", "MatMul f32", "MatMul tf32", "TrainStep eager", "TrainStep compiled", "Generator/batch=1 eager", "Detect/batch=64 eager"} {
		require.Contains(t, works, a)
	}
}
