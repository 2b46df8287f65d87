package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
)

func TestSeeds(t *testing.T) {
	line, single, config := fixtures(t)
	dir := t.TempDir()
	model := filepath.Join(dir, "part.safetensors")
	second, third := filepath.Join(dir, "part.seed2.safetensors"), filepath.Join(dir, "part.seed3.safetensors")
	args := []string{"train", line, "--model", model, "--config", config, "--seeds", "3"}

	// Stopped while the second model learns.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stderr := &cancelAt{text: "seed 2, 2 of 3 models: " + second, cancel: cancel}
	require.Equal(t, exitInterrupted, run(ctx, args, &bytes.Buffer{}, stderr), stderr)
	require.FileExists(t, model)
	require.NoFileExists(t, second)
	before, err := os.ReadFile(model)
	require.NoError(t, err)

	_, _, text := cli(t, "eval", model, line)
	require.Contains(t, text, "WARNING: "+second+" is missing")

	code, _, text := cli(t, append(args, "--resume")...)
	require.Equal(t, exitOK, code, text)
	require.Contains(t, text, model+" is trained already")
	after, err := os.ReadFile(model)
	require.NoError(t, err)
	require.Equal(t, before, after)
	for _, path := range []string{second, third} {
		require.FileExists(t, path)
		require.FileExists(t, path+suspectsSuffix)
		require.FileExists(t, path+logSuffix)
		require.NoFileExists(t, path+checkpointSuffix)
	}
	require.Equal(t, readCSV(t, single+suspectsSuffix), readCSV(t, model+suspectsSuffix), "the first seed's model is that of training it alone")
	require.NotEqual(t, readCSV(t, second+suspectsSuffix), readCSV(t, model+suspectsSuffix))

	checkSeedsReport(t, model, second, third, line)

	table := mustCLI(t, "eval", model, line)
	require.Contains(t, table, "seeds 1 2 3")
	require.Regexp(t, `image AUROC, max +0\.\d+ ± `, table)

	// A model of another training under the name of a sibling.
	mustCLI(t, "train", line, "--model", second, "--config", config, "--epochs", "1")
	code, _, text = cli(t, "eval", model, line)
	require.Equal(t, exitFailure, code)
	require.Contains(t, lastLine(text), second+" was trained with another configuration")
}

// checkSeedsReport compares the means with the reports of the models alone.
func checkSeedsReport(t *testing.T, model, second, third, line string) {
	t.Helper()
	var all struct {
		Seeds      []uint64       `json:"seeds"`
		Mean       float64        `json:"image_auroc_max"`
		Images     int            `json:"images"`
		Deviations map[string]any `json:"deviations"`
		Runs       []struct {
			Model string  `json:"model"`
			AUROC float64 `json:"image_auroc_max"`
		} `json:"runs"`
	}
	require.NoError(t, json.Unmarshal([]byte(mustCLI(t, "eval", model, line, "--json")), &all))
	require.Equal(t, []uint64{1, 2, 3}, all.Seeds)
	require.Equal(t, 14, all.Images)
	var values []float64
	for i, path := range []string{model, second, third} {
		require.Equal(t, path, all.Runs[i].Model)
		values = append(values, all.Runs[i].AUROC)
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	require.InDelta(t, mean, all.Mean, 1e-12)
	require.InDelta(t, deviation, all.Deviations["image_auroc_max"], 1e-12)

	var alone struct {
		AUROC float64 `json:"image_auroc_max"`
	}
	require.NoError(t, json.Unmarshal([]byte(mustCLI(t, "eval", second, line, "--json")), &alone))
	require.Equal(t, values[1], alone.AUROC)
}

// A figure that a model lacks has no mean.
func TestSeedsReportLeavesUndefinedFiguresOut(t *testing.T) {
	half, one := 0.5, 1.0
	runs := []*evalReport{{Seed: 4}, {Seed: 5}}
	runs[0].AUROC, runs[1].AUROC, runs[1].AUPRO = &half, &one, &one
	r := newSeedsReport(runs)
	require.InDelta(t, 0.75, *r.AUROC, 1e-12)
	require.Nil(t, r.AUPRO)
	require.Nil(t, r.Deviations.AUPRO)
	require.Equal(t, 0.5, *runs[0].AUROC, "the reports stay as they are")
	var table bytes.Buffer
	require.NoError(t, r.writeTable(&table))
	require.Contains(t, table.String(), missing)
}
