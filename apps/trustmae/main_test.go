package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/memae/synthetic"
)

// asProgram, set in the environment, makes the test binary behave as trustmae, so
// that tests can send it signals.
const asProgram = "TRUSTMAE_TEST_AS_PROGRAM"

// scratch is a folder for what several tests share.
var scratch string

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	var err error
	if scratch, err = os.MkdirTemp("", "trustmae-test-*"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = os.Setenv(weightsVariable, filepath.Join(scratch, "weights")) // not what this user has pulled
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// tinyConfig is a model that trains in about a second.
const tinyConfig = `{
	"size": 64, "epochs": 2, "batch": 8, "weights": "random",
	"generator": {"width": 4}, "discriminator": {"width": 4},
	"memory": {"slots": 8, "dim": 16},
	"loss": {"vgg": 0}, "optimizer": {"lr": 0.001},
	"score": {"map": "mse"}
}`

// tinyLine is a data set in MVTec layout: 14 training photos, 4 good and 10
// defective test photos of 80×80 pixels.
var tinyLine = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(scratch, "line")
	return dir, synthetic.Write(dir, synthetic.Options{Size: 80, Seed: 1, TrainGood: 14, TrainDefective: -1, TestGood: 4, TestDefective: 10})
})

// tinyModel is a model trained on tinyLine.
var tinyModel = sync.OnceValues(func() (string, error) {
	line, err := tinyLine()
	if err != nil {
		return "", err
	}
	config, model := filepath.Join(scratch, "config.json"), filepath.Join(scratch, "tiny.safetensors")
	if err := os.WriteFile(config, []byte(tinyConfig), 0o666); err != nil {
		return "", err
	}
	var stderr bytes.Buffer
	if code := run(context.Background(), []string{"train", line, "--model", model, "--config", config}, &stderr, &stderr); code != exitOK {
		return "", fmt.Errorf("train: exit code %d: %s", code, stderr.String())
	}
	return model, nil
})

// fixtures returns the shared line, model and configuration file.
func fixtures(t *testing.T) (line, model, config string) {
	t.Helper()
	line, err := tinyLine()
	require.NoError(t, err)
	model, err = tinyModel()
	require.NoError(t, err)
	return line, model, filepath.Join(scratch, "config.json")
}

// cli runs a command line in this process.
func cli(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// mustCLI runs a command line that has to succeed and returns its stdout.
func mustCLI(t *testing.T, args ...string) string {
	t.Helper()
	code, stdout, stderr := cli(t, args...)
	require.Equal(t, exitOK, code, "%s\n%s", strings.Join(args, " "), stderr)
	return stdout
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	require.NoError(t, err)
	return rows
}

// lastLine is the last line of a text.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
