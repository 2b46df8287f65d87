package main

import (
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels/cuda/standin"
)

// needStandIn skips tests that break the device.
func needStandIn(t *testing.T) {
	t.Helper()
	if standin.Real() {
		t.Skip("breaks the device on purpose, which takes the stand-in")
	}
}

// A device that is lost ends the run with an error; the checkpoint of the last
// epoch serves to go on, here on the processor's side of the same program.
func TestLostDeviceLeavesTheCheckpoint(t *testing.T) {
	if testing.Short() {
		t.Skip("trains twice on the stand-in")
	}
	needStandIn(t)
	line, _, config := fixtures(t)
	model := filepath.Join(t.TempDir(), "m.safetensors")
	args := []string{"train", line, "--model", model, "--config", config, "--epochs", "2", "--device", "cuda", "--precision", "f32"}

	t.Setenv("STANDIN_LOST", model+checkpointSuffix) // lost once there is a checkpoint
	code, _, said := codeOnStandIn(t, args...)
	require.Equal(t, exitFailure, code, said)
	require.Contains(t, lastLine(said), "CUDA_ERROR_LAUNCH_FAILED")
	require.Contains(t, lastLine(said), "the same command with --resume goes on from there")
	require.NotContains(t, said, "internal error")
	require.FileExists(t, model+checkpointSuffix)
	require.NoFileExists(t, model)

	t.Setenv("STANDIN_LOST", "")
	_, said = onStandIn(t, append(args, "--resume")...)
	require.Contains(t, said, "resumed from "+model+checkpointSuffix+": epoch 2, step 0")
	require.FileExists(t, model)
}

// Too little memory for the batch is an error that names one which fits, and it
// does.
func TestLittleMemoryOffersABatch(t *testing.T) {
	if testing.Short() {
		t.Skip("takes steps of many sizes on the stand-in")
	}
	needStandIn(t)
	line, _, config := fixtures(t)
	model := filepath.Join(t.TempDir(), "m.safetensors")
	args := []string{"train", line, "--model", model, "--config", config, "--epochs", "1", "--device", "cuda", "--precision", "f32", "--batch"}

	t.Setenv("STANDIN_MEMORY", littleMemory)
	code, _, said := codeOnStandIn(t, append(args, "14")...)
	require.Equal(t, exitFailure, code, said)
	require.NotContains(t, said, "internal error")
	found := regexp.MustCompile(`too small for a batch of 14 photos, but (\d+) fit: set batch to at most `).FindStringSubmatch(lastLine(said))
	require.Len(t, found, 2, said)
	_, said = onStandIn(t, append(args, found[1])...)
	require.Contains(t, said, "epoch 1/1")
}

// littleMemory is too little for a step of all 14 photos, in bytes.
const littleMemory = "12000000"
