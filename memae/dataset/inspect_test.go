package dataset

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wave returns a distinct 40×30 grey photo for every phase.
func wave(phase int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, 40, 30))
	for y := range 30 {
		for x := range 40 {
			v := 120 + 80*math.Sin(float64(x)/6+float64(phase))*math.Cos(float64(y*(phase+3))/90)
			img.SetGray(x, y, color.Gray{uint8(v)})
		}
	}
	return img
}

func inspect(t *testing.T, path string) *Report {
	t.Helper()
	r, err := Inspect(context.Background(), path, nil)
	require.NoError(t, err)
	return r
}

// warned requires one warning to hold all of the parts.
func warned(t *testing.T, r *Report, parts ...string) {
	t.Helper()
next:
	for _, w := range r.Warnings {
		for _, p := range parts {
			if !strings.Contains(w, p) {
				continue next
			}
		}
		return
	}
	require.Fail(t, "no such warning", "%q in\n%s", parts, strings.Join(r.Warnings, "\n"))
}

func TestInspectCleanFolder(t *testing.T) {
	root := t.TempDir()
	for i := range 24 {
		write(t, root, fmt.Sprintf("train/good/%02d.png", i), encodePNG(t, wave(i)))
	}
	for i := range 2 {
		write(t, root, fmt.Sprintf("test/good/%d.png", i), encodePNG(t, wave(30+i)))
		write(t, root, fmt.Sprintf("test/hole/%d.png", i), encodePNG(t, wave(40+i)))
		write(t, root, fmt.Sprintf("ground_truth/hole/%d_mask.png", i), encodePNG(t, wave(1)))
	}
	var total int
	r, err := Inspect(context.Background(), root, func(done, n int) { total = n })
	require.NoError(t, err)
	require.Equal(t, 28, total)
	require.Empty(t, r.Warnings)
	require.Equal(t, []KindCount{
		{"train", "good", Good, 24, 0}, {"test", "good", Good, 2, 0}, {"test", "hole", Defective, 2, 2},
	}, r.Counts)
	require.Equal(t, []SizeCount{{40, 30, 28}}, r.Sizes)
	require.Equal(t, []FormatCount{{"png", 8, true, 28}}, r.Formats)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	require.NotContains(t, string(text), "null")
	require.Contains(t, string(text), `{"split":"test","kind":"hole","label":"defective","photos":2,"masks":2}`)
}

func TestInspectOddities(t *testing.T) {
	root := t.TempDir()
	put := func(rel string, data []byte) string { return write(t, root, rel, data) }
	same := encodePNG(t, wave(0))
	put("train/good/a.png", same)
	put("train/good/b.png", same)
	put("test/good/c.png", same)
	put("test/hole/d.png", same)
	put("train/good/e.png", encodePNG(t, wave(5)))
	put("test/good/f.jpg", encodeJPEG(t, wave(5))) // recompressed
	put("test/hole/h.png", encodePNG(t, wave(9)))
	put("train/good/blank.png", encodePNG(t, image.NewRGBA(image.Rect(0, 0, 64, 20))))
	cut := put("train/good/cut.png", same[:60])
	tiny := put("train/good/tiny.png", encodePNG(t, image.NewGray(image.Rect(0, 0, 3, 40))))
	orphan := put("ground_truth/hole/gone_mask.png", same)
	mask := put("ground_truth/hole/d_mask.jpg", encodeJPEG(t, image.NewGray(image.Rect(0, 0, 9, 9))))
	r := inspect(t, root)

	require.Equal(t, []Duplicate{{
		Photos:       []string{"test/good/c.png", "test/hole/d.png", "train/good/a.png", "train/good/b.png"},
		AcrossSplits: true, Contradictory: true,
	}}, r.Duplicates)
	require.Equal(t, []Duplicate{{Photos: []string{"test/good/f.jpg", "train/good/e.png"}, AcrossSplits: true}}, r.NearDuplicates)
	require.Equal(t, []string{"train/good/blank.png"}, r.Blank)
	require.Equal(t, []string{"test/hole/h.png"}, r.PhotosWithoutMask)
	require.Equal(t, []string{orphan}, r.MasksWithoutPhoto)
	require.Equal(t, []string{mask}, r.EmptyMasks)
	require.Equal(t, []MaskSize{{"test/hole/d.png", mask, 9, 9}}, r.MaskSizes)
	require.Len(t, r.Skipped, 2)
	require.Equal(t, []string{cut, tiny}, []string{r.Skipped[0].Path, r.Skipped[1].Path})
	require.NotContains(t, r.Skipped[0].Reason, root, "the reason does not repeat the path")
	require.Equal(t, 8, r.Photos)

	warned(t, r, "2 files cannot be used, such as "+cut)
	warned(t, r, "only 4 photos for training")
	warned(t, r, "1 group of identical photos", "both good and defective")
	warned(t, r, "1 group of identical photos", "in training as well as in the test set")
	warned(t, r, "4 photos are identical to others (1 group)")
	warned(t, r, "1 group of nearly identical photos", "test/good/f.jpg and train/good/e.png")
	warned(t, r, "1 defective photo without a mask")
	warned(t, r, "1 mask without a photo")
	warned(t, r, "1 mask without a mark")
	warned(t, r, "1 mask of another size", "(9×9)")
	warned(t, r, "masks are stored as JPEG")
	warned(t, r, "1 photo of one colour")
	warned(t, r, "differ in shape", "1.33 to 3.20")
	warned(t, r, "7 photos are grey and 1 in colour")
}

func TestInspectTraining(t *testing.T) {
	one, same, dim := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, one, "a.png", encodePNG(t, wave(1)))
	warned(t, inspect(t, one), "only 1 photo for training")
	for i := range 3 {
		write(t, same, fmt.Sprintf("%d.png", i), encodePNG(t, wave(1)))
		deep := image.NewGray16(image.Rect(0, 0, 40, 30))
		for k := range 1200 {
			deep.SetGray16(k%40, k/40, color.Gray16{uint16(k * (i + 1))}) // at most 12 bits
		}
		write(t, dim, fmt.Sprintf("%d.png", i), encodePNG(t, deep))
	}
	r := inspect(t, same)
	warned(t, r, "all 3 training photos are identical: there is nothing to learn")
	require.Empty(t, r.NearDuplicates)
	warned(t, inspect(t, dim), "12-bit data")

	test := t.TempDir()
	write(t, test, "test/good/a.png", encodePNG(t, wave(1)))
	r = inspect(t, test)
	warned(t, r, "no photo for training")
	warned(t, r, "no defective photo")
}

func TestInspectErrors(t *testing.T) {
	_, err := Inspect(context.Background(), t.TempDir(), nil)
	require.ErrorIs(t, err, ErrEmpty)
	root := t.TempDir()
	write(t, root, "a.png", encodePNG(t, wave(1)))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Inspect(ctx, root, nil)
	require.ErrorIs(t, err, context.Canceled)
}

// shared returns a folder beside the checkout and skips the test without it.
func shared(t *testing.T, rel string) string {
	t.Helper()
	root := os.Getenv("TRUSTMAE_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(root, rel)
	if _, err := os.Stat(path); err != nil {
		t.Skip("no shared folder (set TRUSTMAE_SHARED):", err)
	}
	return path
}

func TestInspectRealProducts(t *testing.T) {
	for product, want := range map[string][3]int{ // train/good, test/good, defective
		"mvtec_bottle": {209, 20, 63}, "mvtec_capsule": {196, 23, 109}, "kolektor_sdd": {263, 70, 50}, "bsdata_pitting": {250, 60, 79},
	} {
		r := inspect(t, shared(t, "datasets/"+product))
		var got [3]int
		for _, c := range r.Counts {
			switch {
			case c.Split == dirTrain:
				got[0] += c.Photos
			case c.Label == Good:
				got[1] += c.Photos
			default:
				got[2] += c.Photos
				require.Equal(t, c.Photos, c.Masks, "%s %s", product, c.Kind)
			}
		}
		require.Equal(t, want, got, product)
		require.Empty(t, r.Skipped, product)
		require.Empty(t, r.Duplicates, product)
		require.Empty(t, r.NearDuplicates, product)
		require.Empty(t, r.Warnings, product)
	}
}
