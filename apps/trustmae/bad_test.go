package main

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/memae/synthetic"
)

// photo is a good part as PNG.
func photo(t *testing.T, index, size int) []byte {
	t.Helper()
	s, err := synthetic.Generate(synthetic.Options{Size: size, Seed: 3}, index, synthetic.Good)
	require.NoError(t, err)
	return encoded(t, s.Photo)
}

func encoded(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

// hugePNG is a picture of 20000×20000 pixels as far as its header tells.
func hugePNG(t *testing.T) []byte {
	t.Helper()
	data := encoded(t, image.NewGray(image.Rect(0, 0, 8, 8)))
	binary.BigEndian.PutUint32(data[16:], 20000)
	binary.BigEndian.PutUint32(data[20:], 20000)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}

func cutJPEG(t *testing.T) []byte {
	t.Helper()
	s, err := synthetic.Generate(synthetic.Options{Size: 128, Seed: 3}, 0, synthetic.Good)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, s.Photo, nil))
	return b.Bytes()[:b.Len()/2]
}

func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o666))
	}
	return dir
}

func TestTrainOnNothingOfUse(t *testing.T) {
	_, _, config := fixtures(t)
	same := photo(t, 0, 64)
	tests := []struct {
		name string
		dir  string
		want string
	}{
		{"empty folder", t.TempDir(), "there are no photos"},
		{"missing folder", filepath.Join(t.TempDir(), "x"), "no such file"},
		{"one photo", folder(t, map[string][]byte{"a.png": same}), "1 photo to train on; it takes at least 2"},
		{"identical photos", folder(t, map[string][]byte{"a.png": same, "b.png": same, "c.png": same}), "all 3 training photos are the same picture"},
		{"only text", folder(t, map[string][]byte{"a.png": []byte("text")}), "there are no photos"},
		{"only tiny", folder(t, map[string][]byte{"a.png": encoded(t, image.NewGray(image.Rect(0, 0, 1, 1)))}), "there are no photos"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			model := filepath.Join(t.TempDir(), "m.safetensors")
			code, _, stderr := cli(t, "train", tt.dir, "--model", model, "--config", config)
			require.Equal(t, exitFailure, code)
			require.Contains(t, lastLine(stderr), tt.want)
			left, err := os.ReadDir(filepath.Dir(model))
			require.NoError(t, err)
			require.Empty(t, left, "nothing is left behind")
		})
	}
}

func TestTrainLeavesBadPhotosOut(t *testing.T) {
	_, _, config := fixtures(t)
	files := map[string][]byte{
		"text.png": []byte("text"), "dot.png": encoded(t, image.NewGray(image.Rect(0, 0, 1, 1))),
		"huge.png": hugePNG(t), "cut.jpg": cutJPEG(t),
		"wide.png": encoded(t, image.NewNRGBA(image.Rect(0, 0, 90, 40))),
	}
	for i, name := range []string{"a.png", "b.png", "c.png"} {
		files[name] = photo(t, i, 64+16*i)
	}
	dir := folder(t, files)
	model := filepath.Join(t.TempDir(), "m.safetensors")
	code, stdout, stderr := cli(t, "train", dir, "--model", model, "--config", config, "--epochs", "1")
	require.Equal(t, exitOK, code, stderr)
	for _, name := range []string{"text.png", "dot.png", "huge.png", "cut.jpg"} {
		require.Contains(t, stderr, "left out "+filepath.Join(dir, name))
	}
	require.Contains(t, stdout, "4 photos", "mixed sizes are no reason to leave a photo out")

	code, stdout, stderr = cli(t, "check", dir)
	require.Equal(t, exitUnreadable, code, stderr)
	require.Contains(t, stdout, "4 photos, flat layout")
	require.Contains(t, stdout, "huge.png")
	require.Contains(t, stdout, "differ in shape")
	code, stdout, _ = cli(t, "check", dir, "--json")
	require.Equal(t, exitUnreadable, code)
	require.True(t, strings.HasPrefix(stdout, "{"))
}

func TestCheckCleanFolder(t *testing.T) {
	line, _, _ := fixtures(t)
	stdout := mustCLI(t, "check", line)
	require.Contains(t, stdout, "28 photos, mvtec layout")
	require.Contains(t, stdout, "train         14 good")
	require.Contains(t, stdout, "2 scratch, 2 with a mask")
}

func TestPlacesToWrite(t *testing.T) {
	line, model, config := fixtures(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	for _, tt := range []struct {
		name, model, want string
	}{
		{"missing folder", filepath.Join(dir, "no", "m.safetensors"), "does not exist; create it first"},
		{"below a file", filepath.Join(file, "m.safetensors"), "file"},
		{"a folder", dir, "is a folder; name a file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, _, stderr := cli(t, "train", line, "--model", tt.model, "--config", config)
			require.Equal(t, exitFailure, code)
			require.Contains(t, stderr, tt.want)
		})
	}
	t.Run("results below a file", func(t *testing.T) {
		code, _, stderr := cli(t, "detect", model, line, "--out", filepath.Join(file, "results"))
		require.Equal(t, exitFailure, code, stderr)
	})
	t.Run("read-only", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("the superuser may write everywhere")
		}
		require.NoError(t, os.Chmod(dir, 0o555))
		defer os.Chmod(dir, 0o755)
		code, _, stderr := cli(t, "train", line, "--model", filepath.Join(dir, "m.safetensors"), "--config", config)
		require.Equal(t, exitFailure, code)
		require.Contains(t, stderr, "choose another folder")
	})
}

func TestDamagedModels(t *testing.T) {
	line, model, _ := fixtures(t)
	whole, err := os.ReadFile(model)
	require.NoError(t, err)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-100] ^= 1
	for name, data := range map[string][]byte{
		"empty": nil, "cut": whole[:len(whole)*2/3], "cut in the header": whole[:100], "flipped byte": flipped,
		"a photo": photo(t, 0, 64), "longer": append(bytes.Clone(whole), 0),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m.safetensors")
			require.NoError(t, os.WriteFile(path, data, 0o666))
			code, stdout, stderr := cli(t, "detect", path, line, "--quiet")
			require.Equal(t, exitFailure, code, stderr)
			require.Empty(t, stdout)
			require.Contains(t, stderr, path)
			require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		})
	}
}

func TestWeightsOfAnotherNetwork(t *testing.T) {
	line, model, config := fixtures(t)
	_ = config
	data, err := os.ReadFile(model)
	require.NoError(t, err)
	dir := folder(t, map[string][]byte{"alexnet_features.safetensors": data})
	code, _, stderr := cli(t, "train", line, "--model", filepath.Join(t.TempDir(), "m.safetensors"), "--size", "64", "--weights", dir)
	require.Equal(t, exitFailure, code, stderr)
	require.Contains(t, lastLine(stderr), dir)
}
