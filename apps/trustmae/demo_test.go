package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/memae/synthetic"
)

// leastAUROC is what the demo promises.
const leastAUROC = 0.95

// A smaller demo than the command's, and it has to detect all the same.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for longer than the other commands' tests")
	}
	backend, err := cpu.Default()
	require.NoError(t, err)
	var stdout, stderr bytes.Buffer
	d := demo{session: &session{stdout: &stdout, stderr: &stderr}, backend: backend, out: filepath.Join(t.TempDir(), "demo")}
	d.photos = synthetic.Options{Size: 64, Seed: 2, TrainGood: 24, TrainDefective: 6, TestGood: 6, TestDefective: 10}
	d.config = demoConfig(2)
	d.config.Epochs = 12
	d.config.Generator.Width, d.config.Discriminator.Width = 8, 8
	require.NoError(t, d.run(t.Context()), stderr.String())
	require.Contains(t, stdout.String(), "image AUROC, max")
	require.Contains(t, stdout.String(), "Of the 6 defective photos hidden")
	checkDemoFolder(t, d.out, 16)
	requireDetects(t, d.out)

	d.config.Epochs = 1
	require.NoError(t, d.run(t.Context()), "over an older demo: %s", stderr.String())
}

// requireDetects evaluates a demo's model by the command line.
func requireDetects(t *testing.T, dir string) {
	t.Helper()
	var got evalReport
	require.NoError(t, json.Unmarshal([]byte(mustCLI(t, "eval", filepath.Join(dir, demoModel), filepath.Join(dir, demoPhotos), "--json")), &got))
	require.NotNil(t, got.AUROC)
	require.GreaterOrEqual(t, *got.AUROC, leastAUROC)
}

// checkDemoFolder looks for everything that a demo leaves.
func checkDemoFolder(t *testing.T, dir string, photos int) {
	t.Helper()
	require.Len(t, readCSV(t, filepath.Join(dir, demoScores)), 1+photos)
	require.FileExists(t, filepath.Join(dir, demoModel))
	require.FileExists(t, filepath.Join(dir, demoModel+suspectsSuffix))
	require.NoFileExists(t, filepath.Join(dir, demoModel+checkpointSuffix))
	page, err := os.ReadFile(filepath.Join(dir, demoReport))
	require.NoError(t, err)
	text := string(page)
	// Twelve photos with four pictures each, and the suspects.
	require.Greater(t, strings.Count(text, "data:image/png;base64,"), 48)
	require.NotContains(t, text, "ZgotmplZ", "the template refused a value")
	for _, outside := range []string{"http://", "https://", "<script", "<link", "@import"} {
		require.NotContains(t, text, outside, "the report is one file")
	}
}

func TestDemoKeepsForeignFolders(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, demoPhotos, "mine.txt")
	require.NoError(t, os.MkdirAll(filepath.Dir(mine), 0o777))
	require.NoError(t, os.WriteFile(mine, []byte("keep"), 0o666))
	code, _, stderr := cli(t, "demo", "--out", dir)
	require.Equal(t, exitFailure, code)
	require.Contains(t, stderr, "was not made by this program; give another folder with --out")
	require.FileExists(t, mine)
}

// TestFullDemo runs the command itself and holds it to its promises.
func TestFullDemo(t *testing.T) {
	if os.Getenv("TRUSTMAE_FULL_DEMO") == "" {
		t.Skip("takes a minute; set TRUSTMAE_FULL_DEMO=1, as make demo does")
	}
	dir := filepath.Join(t.TempDir(), "demo")
	begun := time.Now()
	t.Log(mustCLI(t, "demo", "--out", dir))
	require.Less(t, time.Since(begun), 3*time.Minute)
	checkDemoFolder(t, dir, 50)
	requireDetects(t, dir)
}
