package synthetic

import (
	"encoding/csv"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tree lists the files below dir, slash-separated.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	require.NoError(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, name)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	}))
	return names
}

func readPNG(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	img, err := png.Decode(f)
	require.NoError(t, err)
	return img
}

func TestWriteLayout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "set")
	o := Options{Size: 32, Seed: 4, TrainGood: 6, TrainDefective: 3, TestGood: 2, TestDefective: 6}
	require.NoError(t, Write(dir, o))

	want := []string{"contamination.csv", "test/good/000.png", "test/good/001.png"}
	for i := range 9 {
		want = append(want, "train/good/00"+string(rune('0'+i))+".png")
	}
	for _, kind := range Kinds() {
		want = append(want, "test/"+string(kind)+"/000.png", "ground_truth/"+string(kind)+"/000_mask.png")
	}
	want = append(want, "test/scratch/001.png", "ground_truth/scratch/001_mask.png")
	require.ElementsMatch(t, want, tree(t, dir))

	f, err := os.Open(filepath.Join(dir, ContaminationFile))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"file", "kind"}, rows[0])
	require.Len(t, rows, 1+o.TrainDefective)

	// The list tells the truth: every training photo is one part, drawn good
	// or with the listed defect.
	listed := map[string]Kind{}
	for _, row := range rows[1:] {
		listed[row[0]] = Kind(row[1])
	}
	require.Len(t, listed, o.TrainDefective)
	parts := map[int]bool{}
	for _, name := range want {
		if !strings.HasPrefix(name, "train/") {
			continue
		}
		kind := Good
		if k, ok := listed[name]; ok {
			kind = k
		}
		parts[partOf(t, o, filepath.Join(dir, name), kind)] = true
	}
	require.Len(t, parts, 9)

	// So do the masks.
	index := partOf(t, o, filepath.Join(dir, "test/scratch/001.png"), Scratch)
	s, err := Generate(o, index, Scratch)
	require.NoError(t, err)
	mask, ok := readPNG(t, filepath.Join(dir, "ground_truth/scratch/001_mask.png")).(*image.Gray)
	require.True(t, ok, "masks are grey")
	require.Equal(t, s.Truth.Pix, mask.Pix)
}

// partOf finds the part that a photo shows.
func partOf(t *testing.T, o Options, name string, kind Kind) int {
	t.Helper()
	img := readPNG(t, name)
	for index := range o.TrainGood + o.TrainDefective + o.TestGood + o.TestDefective {
		s, err := Generate(o, index, kind)
		require.NoError(t, err)
		same := true
		for i := 0; same && i < o.Size*o.Size; i++ {
			same = img.At(i%o.Size, i/o.Size) == s.Photo.At(i%o.Size, i/o.Size)
		}
		if same {
			return index
		}
	}
	t.Fatalf("%s shows no part with %q", name, kind)
	return -1
}

// TestNamesDoNotGiveDefectsAway: the defective photos are spread over the
// training folder.
func TestNamesDoNotGiveDefectsAway(t *testing.T) {
	o, err := Options{}.withDefaults()
	require.NoError(t, err)
	jobs := layout(o)
	require.Len(t, jobs, 150)
	var places []int
	seen := map[int]bool{}
	for i, j := range jobs {
		require.False(t, seen[j.index], "part %d is shown twice", j.index)
		seen[j.index] = true
		if i < 100 && j.kind != Good {
			places = append(places, i)
		}
	}
	require.Len(t, places, 20)
	require.Less(t, slices.Min(places), 25)
	require.Greater(t, slices.Max(places), 75)
}

func TestWriteRefusesToMix(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "test"), 0o777))
	err := Write(dir, Options{Size: 32})
	require.ErrorIs(t, err, fs.ErrExist)
	require.ErrorContains(t, err, `already holds "test"`)
	require.Empty(t, tree(t, dir))

	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	require.ErrorContains(t, Write(filepath.Join(file, "set"), Options{Size: 32}), "output folder")
}

func TestWriteNone(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, Write(dir, Options{Size: 32, TrainGood: 1, TrainDefective: -1, TestGood: -1, TestDefective: -1}))
	require.ElementsMatch(t, []string{"contamination.csv", "train/good/000.png"}, tree(t, dir))
}
