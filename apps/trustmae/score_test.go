package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEvalJSON(t *testing.T) {
	line, model, _ := fixtures(t)
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(mustCLI(t, "eval", model, line, "--json")), &got))
	for _, key := range []string{"image_auroc_max", "image_auroc_mean", "pixel_auroc", "aupro", "average_precision", "best_f1"} {
		v, ok := got[key].(float64)
		require.True(t, ok && v >= 0 && v <= 1, "%s is %v", key, got[key])
	}
	require.EqualValues(t, 14, got["images"])
	require.EqualValues(t, 10, got["defective"])
	require.Positive(t, got["seconds_per_image"])
	require.Positive(t, got["threshold"])
	rejects := got["false_rejects_at_1_percent_escapes"].(map[string]any)
	require.EqualValues(t, 0, rejects["escapes"])
	require.Len(t, rejects["false_reject_interval"], 2)
	require.Len(t, got["kinds"], 5)
}

func TestEvalWithoutMasks(t *testing.T) {
	line, model, _ := fixtures(t)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "test"), os.DirFS(filepath.Join(line, "test"))))
	require.NoError(t, os.CopyFS(filepath.Join(dir, "train"), os.DirFS(filepath.Join(line, "train"))))
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(mustCLI(t, "eval", model, dir, "--json")), &got))
	require.Contains(t, got, "pixel_auroc")
	require.Nil(t, got["pixel_auroc"])
	require.Nil(t, got["aupro"])
	require.NotNil(t, got["image_auroc_max"])
	require.EqualValues(t, 10, got["without_mask"])
}

func TestEvalOneClass(t *testing.T) {
	line, model, _ := fixtures(t)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "test", "good"), os.DirFS(filepath.Join(line, "test", "good"))))
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(mustCLI(t, "eval", model, dir, "--json")), &got))
	require.Nil(t, got["image_auroc_max"])
	require.Nil(t, got["best_f1"])
	require.Contains(t, mustCLI(t, "eval", model, dir), missing)
}

func TestEvalAnotherMap(t *testing.T) {
	line, model, _ := fixtures(t)
	var own, other map[string]any
	require.NoError(t, json.Unmarshal([]byte(mustCLI(t, "eval", model, line, "--json", "--map", "mse")), &own))
	require.NoError(t, json.Unmarshal([]byte(mustCLI(t, "eval", model, line, "--json", "--map", "ssim")), &other))
	require.Equal(t, "mse", own["map"])
	require.NotNil(t, own["threshold"])
	require.Equal(t, "ssim", other["map"])
	require.Nil(t, other["threshold"], "the threshold belongs to the model's own map")
	require.NotEqual(t, own["pixel_auroc"], other["pixel_auroc"])

	code, _, stderr := cli(t, "eval", model, line, "--map", "pd")
	require.Equal(t, exitFailure, code, stderr)
	require.Contains(t, stderr, "train with score.map msepd")
}

func TestEvalRefusesUnlabelled(t *testing.T) {
	line, model, _ := fixtures(t)
	code, _, stderr := cli(t, "eval", model, filepath.Join(line, "train", "good"))
	require.Equal(t, exitFailure, code)
	require.Contains(t, stderr, "has no test photos")
}

func TestDetectRows(t *testing.T) {
	line, model, _ := fixtures(t)
	out := filepath.Join(t.TempDir(), "new", "results")
	_, _, stderr := cli(t, "detect", model, filepath.Join(line, "test"), "--out", out, "--heatmaps")
	rows := readCSV(t, filepath.Join(out, "detections.csv"))
	require.Len(t, rows, 1+14, stderr)
	boxes := 0
	for _, row := range rows[1:] {
		normalised, err := strconv.ParseFloat(row[2], 64)
		require.NoError(t, err)
		require.Equal(t, verdict(normalised > 0.5), row[3], "%v", row)
		if row[4] == "" {
			continue
		}
		boxes++
		var box [4]int
		for i := range box {
			box[i], err = strconv.Atoi(row[4+i])
			require.NoError(t, err)
		}
		inside := image.Rect(box[0], box[1], box[0]+box[2], box[1]+box[3]).In(image.Rect(0, 0, 80, 80))
		require.True(t, inside && box[2] > 0 && box[3] > 0, "box %v in an 80×80 photo", box)
	}
	require.Positive(t, boxes)

	file, err := os.Open(filepath.Join(out, "heatmaps", "scratch", "000.png"))
	require.NoError(t, err)
	defer file.Close()
	size, err := png.DecodeConfig(file)
	require.NoError(t, err)
	require.Equal(t, []int{80, 80}, []int{size.Width, size.Height}, "the photo's own size")
}

// Results may lie among the photos, and photos of different folders may share a
// name, or nearly so.
func TestDetectIntoTheFolderOfPhotos(t *testing.T) {
	_, model, _ := fixtures(t)
	dir := t.TempDir()
	for i, name := range []string{"a/img.png", "b/img.png", "c/IMG.png"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.Mkdir(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, photo(t, i, 64), 0o666))
	}
	for range 2 {
		code, _, stderr := cli(t, "detect", model, dir, "--out", dir, "--heatmaps")
		require.Equal(t, exitOK, code, stderr)
		rows := readCSV(t, filepath.Join(dir, "detections.csv"))
		require.Len(t, rows, 1+3)
		require.Equal(t, filepath.Join(dir, "heatmaps", "b", "img.png"), rows[2][10])
	}

	out := t.TempDir()
	mustCLI(t, "detect", model, filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c", "IMG.png"), "--out", out, "--heatmaps")
	for i, row := range readCSV(t, filepath.Join(out, "detections.csv"))[1:] {
		require.Equal(t, filepath.Join(out, "heatmaps", []string{"img.png", "img-2.png", "IMG-3.png"}[i]), row[10])
		require.FileExists(t, row[10])
	}
}

func TestResultsThatCannotBePrinted(t *testing.T) {
	line, model, _ := fixtures(t)
	for _, args := range [][]string{{"detect", model, line}, {"eval", model, line}, {"eval", model, line, "--json"}, {"check", line}, {"version"}} {
		var stderr bytes.Buffer
		require.Equal(t, exitFailure, run(t.Context(), args, fullDisk{}, &stderr), "%v", args)
		require.Contains(t, lastLine(stderr.String()), "disk full", "%v", args)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestDetectGoesOnPastBadFiles(t *testing.T) {
	line, model, _ := fixtures(t)
	dir := t.TempDir()
	good, err := os.ReadFile(filepath.Join(line, "test", "good", "000.png"))
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"a.png": good, "b.png": []byte("no picture at all"), "c.png": good[:len(good)/2], "d.png": good, "notes.txt": []byte("not meant as a photo"),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o666))
	}
	missing := filepath.Join(dir, "e.png")
	code, stdout, stderr := cli(t, "detect", model, dir, missing, "--format", "jsonl")
	require.Equal(t, exitUnreadable, code)
	require.Contains(t, lastLine(stderr), "3 files could not be read and were not scored")
	require.Contains(t, stderr, "notes.txt")

	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	require.Len(t, lines, 5)
	var verdicts []string
	for _, l := range lines {
		var r row
		require.NoError(t, json.Unmarshal([]byte(l), &r))
		verdicts = append(verdicts, r.Verdict)
		require.Equal(t, r.Verdict == verdictUnreadable, r.Error != "", l)
		require.Equal(t, r.Verdict == verdictUnreadable, r.Raw == nil, l)
	}
	bad := verdictUnreadable
	require.Equal(t, []string{verdicts[0], bad, bad, verdicts[0], bad}, verdicts)
	require.NotEqual(t, bad, verdicts[0])
}

func TestDetectKeepsRowsWhenStopped(t *testing.T) {
	line, model, _ := fixtures(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := t.TempDir()
	missing := filepath.Join(out, "missing.png")
	// The unreadable file is named as soon as its batch is done.
	args := []string{"detect", model, missing, "--out", out}
	for range 10 {
		args = append(args, filepath.Join(line, "test"))
	}
	stderr := &cancelAt{text: "missing.png", cancel: cancel}
	require.Equal(t, exitInterrupted, run(ctx, args, &bytes.Buffer{}, stderr), stderr)
	require.Contains(t, lastLine(stderr.String()), "of 141 photos are done; their rows are written")
	rows := readCSV(t, filepath.Join(out, "detections.csv"))
	require.Greater(t, len(rows), 1)
	require.Less(t, len(rows), 1+141)
}

func TestCalibrate(t *testing.T) {
	line, shared, _ := fixtures(t)
	model := filepath.Join(t.TempDir(), "m.safetensors")
	data, err := os.ReadFile(shared)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(model, data, 0o666))

	require.Contains(t, mustCLI(t, "calibrate", model, line, "--labels"), "(labels)")
	require.Contains(t, mustCLI(t, "calibrate", model, filepath.Join(line, "test", "good"), "--budget", "25"), "of 4 photos rejected")
	require.Contains(t, mustCLI(t, "calibrate", model, line, "--budget", "25"), "(budget)")

	before, err := os.ReadFile(model)
	require.NoError(t, err)
	code, _, stderr := cli(t, "calibrate", model, line, "--budget", "1")
	require.Equal(t, exitFailure, code)
	require.Contains(t, stderr, "too few")
	after, err := os.ReadFile(model)
	require.NoError(t, err)
	require.Equal(t, before, after, "a failure leaves the model as it was")
}
