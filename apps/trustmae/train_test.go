package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/memae"
)

func TestTrainLeavesWhatItPromises(t *testing.T) {
	_, model, _ := fixtures(t)
	require.NoFileExists(t, model+checkpointSuffix)

	suspects := readCSV(t, model+suspectsSuffix)
	require.Len(t, suspects, 1+14)
	before := -1.0
	for i, row := range suspects[1:] {
		require.Equal(t, strconv.Itoa(i+1), row[0])
		raw, err := strconv.ParseFloat(row[2], 64)
		require.NoError(t, err)
		require.True(t, before < 0 || raw <= before, "rank %d scores %v after %v", i+1, raw, before)
		require.True(t, strings.HasPrefix(row[1], "train/good/"), row[1])
		before = raw
	}

	log := readCSV(t, model+logSuffix)
	require.Len(t, log, 1+2)
	require.Contains(t, log[0], "rec")

	backend, err := cpu.Default()
	require.NoError(t, err)
	d, err := memae.Open(model, backend)
	require.NoError(t, err)
	require.Len(t, d.Provenance().DataHash, 64)
	require.Equal(t, 14, d.Provenance().Photos)
	require.Equal(t, 4, d.Config().Generator.Width)
}

func TestFlagsGoBeforeTheConfiguration(t *testing.T) {
	line, _, config := fixtures(t)
	model := filepath.Join(t.TempDir(), "m.safetensors")
	code, stdout, stderr := cli(t, "train", line, "-m", model, "--config", config, "--epochs", "1", "--seed", "7", "--batch", "7", "--threads", "1")
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stdout, "estimated share of defects")
	require.Contains(t, stderr, "epoch 1/1")
	backend, err := cpu.Default()
	require.NoError(t, err)
	d, err := memae.Open(model, backend)
	require.NoError(t, err)
	c := d.Config()
	require.Equal(t, []int{1, 7, 64, 4}, []int{c.Epochs, c.Batch, c.Size, c.Generator.Width})
	require.EqualValues(t, 7, c.Seed)
}

func TestNoiseIsRecordedAndEvaluatedOnTheRest(t *testing.T) {
	line, _, config := fixtures(t)
	model := filepath.Join(t.TempDir(), "m.safetensors")
	_, _, stderr := cli(t, "train", line, "-m", model, "--config", config, "--epochs", "1", "--noise", "20")
	// Five kinds of two photos each give one photo each to the pool of five; 20 %
	// of 14 good photos takes 4 of them (3.5, rounded to even).
	require.Contains(t, stderr, "noise 20 %: training on 14 good photos and 4 defective ones; 9 photos left for testing")

	code, stdout, stderr := cli(t, "eval", model, line)
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stdout, "training at 20 % noise left for testing")
	require.Contains(t, stdout, "9: 4 good, 5 defective")
}

// cancelAt cancels a context when a text passes through.
type cancelAt struct {
	mu     sync.Mutex
	text   string
	cancel context.CancelFunc
	all    bytes.Buffer
}

func (c *cancelAt) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.all.Write(p)
	if strings.Contains(c.all.String(), c.text) {
		c.cancel()
	}
	return n, err
}

func (c *cancelAt) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all.String()
}

func TestInterruptAndResume(t *testing.T) {
	line, whole, config := fixtures(t)
	model := filepath.Join(t.TempDir(), "m.safetensors")
	args := []string{"train", line, "--model", model, "--config", config}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stderr := &cancelAt{text: "epoch 1/2", cancel: cancel}
	code := run(ctx, args, &bytes.Buffer{}, stderr)
	require.Equal(t, exitInterrupted, code, stderr)
	require.Contains(t, lastLine(stderr.String()), "the same command with --resume goes on from there")
	require.NoFileExists(t, model)
	require.FileExists(t, model+checkpointSuffix)

	code, _, text := cli(t, args...)
	require.Equal(t, exitFailure, code)
	require.Contains(t, text, "add --resume")
	require.FileExists(t, model+checkpointSuffix, "the unfinished run must not be lost")

	code, _, text = cli(t, append(args, "--resume", "--seed", "5")...)
	require.Equal(t, exitFailure, code, text)
	require.Contains(t, text, "another")

	mustCLI(t, append(args, "--resume")...)
	require.NoFileExists(t, model+checkpointSuffix)
	require.Equal(t, readCSV(t, whole+suspectsSuffix), readCSV(t, model+suspectsSuffix), "as if never interrupted")
	require.Len(t, readCSV(t, model+logSuffix), 1+2)
}

func TestCancelledBeforeTheFirstPhoto(t *testing.T) {
	line, _, config := fixtures(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr bytes.Buffer
	model := filepath.Join(t.TempDir(), "m.safetensors")
	require.Equal(t, exitInterrupted, run(ctx, []string{"train", line, "--model", model, "--config", config}, &stderr, &stderr), stderr.String())
	require.NoFileExists(t, model)
}

// program starts trustmae as a process of its own.
func program(t *testing.T, args ...string) (*exec.Cmd, *cancelAt, context.Context) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	stderr := &cancelAt{text: "epoch 2/", cancel: cancel}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stderr = stderr
	require.NoError(t, cmd.Start())
	return cmd, stderr, ctx
}

// await waits until the program is in its third epoch; the checkpoint of the first
// one is then complete, whatever happens.
func await(t *testing.T, cmd *exec.Cmd, stderr *cancelAt, ctx context.Context) {
	t.Helper()
	select {
	case <-ctx.Done():
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		t.Fatalf("no two epochs within a minute: %s", stderr)
	}
}

func TestSignals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows has no signals to send")
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	line, _, config := fixtures(t)
	for _, tt := range []struct {
		signal os.Signal
		code   int // -1: ended by the signal
	}{{os.Interrupt, exitInterrupted}, {syscall.SIGTERM, exitInterrupted}, {os.Kill, -1}} {
		t.Run(tt.signal.String(), func(t *testing.T) {
			model := filepath.Join(t.TempDir(), "m.safetensors")
			args := []string{"train", line, "--model", model, "--config", config, "--epochs", "200", "--threads", "1"}
			cmd, stderr, ctx := program(t, args...)
			await(t, cmd, stderr, ctx)
			require.NoError(t, cmd.Process.Signal(tt.signal))
			require.Error(t, cmd.Wait())
			require.Equal(t, tt.code, cmd.ProcessState.ExitCode(), stderr)
			require.FileExists(t, model+checkpointSuffix)

			// The same command with fewer epochs finishes at once.
			args[len(args)-3] = "2"
			code, _, text := cli(t, append(args, "--resume")...)
			require.Equal(t, exitOK, code, text)
			require.Contains(t, text, "resumed from")
			require.FileExists(t, model)
		})
	}
}
