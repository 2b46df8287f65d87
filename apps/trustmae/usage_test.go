package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUsageErrors(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.json")
	require.NoError(t, os.WriteFile(config, []byte(`{"epoch": 3}`), 0o666))
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"unknown command", []string{"trian"}, `there is no command "trian"; did you mean train?`},
		{"unknown flag", []string{"train", "x", "--epoch", "3"}, "unknown flag: --epoch"},
		{"flag of another type", []string{"train", "x", "--epochs", "many"}, "invalid argument"},
		{"no folder", []string{"train"}, "DIR is missing"},
		{"no model", []string{"train", "x"}, "--model FILE is missing"},
		{"no arguments", []string{"eval"}, "FILE and DIR is missing"},
		{"one too many", []string{"eval", "a", "b", "c"}, `"c" is one argument too many`},
		{"two products", []string{"train", "x", "y", "--model", "m"}, "2 folders: train once for each, or learn one model for all with --joint"},
		{"no seed", []string{"train", "x", "--model", "m", "--seeds", "0"}, "seeds is 0"},
		{"size", []string{"train", "x", "--model", "m", "--size", "100"}, "size is 100, want a multiple of 32"},
		{"noise", []string{"train", "x", "--model", "m", "--noise", "120"}, "noise.percent is 120"},
		{"device", []string{"train", "x", "--model", "m", "--device", "abacus"}, `--device is "abacus", want auto, cpu, cuda or cuda:N`},
		{"number of a device", []string{"train", "x", "--model", "m", "--device", "cuda:one"}, `--device is "cuda:one"`},
		{"number of the processor", []string{"train", "x", "--model", "m", "--device", "cpu:1"}, `--device is "cpu:1"`},
		{"threads", []string{"detect", "m", "x", "--threads", "-1"}, "--threads is -1"},
		{"precision", []string{"train", "x", "--model", "m", "--precision", "f16"}, `--precision is "f16", want f32, tf32 or bf16`},
		{"unknown key", []string{"train", "x", "--model", "m", "--config", config}, `unknown field "epoch"`},
		{"missing config", []string{"train", "x", "--model", "m", "--config", "nowhere.json"}, "nowhere.json"},
		{"map", []string{"eval", "m", "x", "--map", "l2"}, `--map is "l2", want mse, msepd, pd, ssim`},
		{"format", []string{"detect", "m", "x", "--format", "xml"}, `--format is "xml", want csv or jsonl`},
		{"heat maps without a folder", []string{"detect", "m", "x", "--heatmaps"}, "--heatmaps needs --out"},
		{"neither rule", []string{"calibrate", "m", "x"}, "either --budget PCT or --labels"},
		{"both rules", []string{"calibrate", "m", "x", "--labels", "--budget", "1"}, "either --budget PCT or --labels"},
		{"no budget", []string{"calibrate", "m", "x", "--budget", "0"}, "--budget is 0, want a percentage above 0"},
		{"budget", []string{"calibrate", "m", "x", "--budget", "100"}, "--budget is 100"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := cli(t, tt.args...)
			require.Equal(t, exitUsage, code, stderr)
			require.Contains(t, stderr, tt.want)
			require.Empty(t, stdout)
			require.Equal(t, 1, bytes.Count([]byte(stderr), []byte("\n")), "one line: %s", stderr)
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	require.Contains(t, mustCLI(t), "Available Commands")
	require.Contains(t, mustCLI(t, "detect", "--help"), "--heatmaps")
	require.Contains(t, mustCLI(t, "completion", "bash"), "trustmae")
	version := mustCLI(t, "version")
	require.Contains(t, version, "trustmae ")
	require.Contains(t, version, "cpu/")
}

func TestReport(t *testing.T) {
	tests := []struct {
		name string
		err  error
		code int
		want string
	}{
		{"success", nil, exitOK, ""},
		{"failure", errors.New("no luck"), exitFailure, "trustmae: no luck\n"},
		{"unreadable", &unreadableError{2, "left out"}, exitUnreadable, "2 files could not be read and were left out"},
		{"interrupted", &interruptedError{"go on with --resume"}, exitInterrupted, "stopped: go on with --resume"},
		{"cancelled", context.Canceled, exitInterrupted, "stopped before anything was written"},
		{"panic", guard(func() error { panic("shape") }), exitInternal, "internal error: shape. This is a mistake in trustmae"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stderr bytes.Buffer
			require.Equal(t, tt.code, report(&stderr, tt.err))
			require.Contains(t, stderr.String(), tt.want)
		})
	}
}
