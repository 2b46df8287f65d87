package dataset

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// photoBytes returns a PNG whose content depends on shade.
func photoBytes(t testing.TB, shade uint8) []byte {
	img := image.NewGray(image.Rect(0, 0, 16, 12))
	for i := range img.Pix {
		img.Pix[i] = shade + uint8(i)
	}
	return encodePNG(t, img)
}

// makeMVTec lays out a small data set with a number of oddities.
func makeMVTec(t testing.TB) string {
	root := t.TempDir()
	for i, rel := range []string{
		"train/good/b.png", "train/good/a.jpg", "train/good/deep/c.PNG",
		"test/good/1.png", "test/crack/1.png", "test/crack/2.png", "test/crack/3.png", "test/hole/1.png",
		"ground_truth/crack/1_mask.png", "ground_truth/crack/2.png", "ground_truth/crack/2_mask.png", "ground_truth/hole/1.png",
		"ground_truth/crack/9_mask.png", "ground_truth/good/1_mask.png",
		"test/stray.png", "holiday.png",
	} {
		write(t, root, rel, photoBytes(t, uint8(7*i)))
	}
	write(t, root, "readme.txt", []byte("read me"))
	write(t, root, "train/good/notes.txt", []byte("not a photo"))
	write(t, root, "train/good/fake.png", []byte("a text file named .png"))
	write(t, root, "train/good/.DS_Store", []byte("x"))
	write(t, root, "ground_truth/hole/list.txt", []byte("x"))
	return root
}

func TestOpenMVTec(t *testing.T) {
	root := makeMVTec(t)
	f, err := Open(root)
	require.NoError(t, err)
	require.Equal(t, MVTec, f.Layout)
	require.Equal(t, []string{"train/good/a.jpg", "train/good/b.png", "train/good/deep/c.PNG"}, names(f.Train))
	at := func(rel string) string { return filepath.Join(root, filepath.FromSlash(rel)) }
	require.Equal(t, []Sample{
		{at("test/crack/1.png"), "test/crack/1.png", Defective, "crack", at("ground_truth/crack/1_mask.png")},
		{at("test/crack/2.png"), "test/crack/2.png", Defective, "crack", at("ground_truth/crack/2_mask.png")},
		{at("test/crack/3.png"), "test/crack/3.png", Defective, "crack", ""},
		{at("test/good/1.png"), "test/good/1.png", Good, "good", ""},
		{at("test/hole/1.png"), "test/hole/1.png", Defective, "hole", at("ground_truth/hole/1.png")},
	}, f.Test)
	require.Equal(t, []Skip{
		{at("ground_truth/crack/2.png"), "no photo in test has this mask"},
		{at("ground_truth/crack/9_mask.png"), "no photo in test has this mask"},
		{at("ground_truth/hole/list.txt"), "the file is no image: photos must be PNG, JPEG, BMP or TIFF"},
		{at("holiday.png"), "the photo lies outside of train and test"},
		{at("test/stray.png"), "the photo lies directly in test: move it to test/good or test/DEFECT"},
		{at("train/good/.DS_Store"), "the name begins with a dot: hidden files are not read"},
		{at("train/good/fake.png"), "the file is no image: photos must be PNG, JPEG, BMP or TIFF"},
		{at("train/good/notes.txt"), "the file is no image: photos must be PNG, JPEG, BMP or TIFF"},
	}, f.Skipped)
}

func TestOpenFlat(t *testing.T) {
	root := t.TempDir()
	for _, rel := range []string{"z.png", "a/2.png", "a/10.png", "b.png"} {
		write(t, root, rel, photoBytes(t, 1))
	}
	write(t, root, "a/readme", []byte("text"))
	f, err := Open(root)
	require.NoError(t, err)
	require.Equal(t, Flat, f.Layout)
	require.Equal(t, []string{"a/10.png", "a/2.png", "b.png", "z.png"}, names(f.Train))
	require.Equal(t, 4, count(f.Train, Unlabelled))
	require.Empty(t, f.Test)
	require.Len(t, f.Skipped, 1)

	single, err := Open(filepath.Join(root, "b.png"))
	require.NoError(t, err)
	require.Equal(t, []Sample{{Path: filepath.Join(root, "b.png"), Rel: "b.png"}}, single.Train)
}

func TestOpenFollowsLinks(t *testing.T) {
	store, root := t.TempDir(), t.TempDir()
	write(t, store, "p.png", photoBytes(t, 1))
	if err := os.Symlink(store, filepath.Join(root, "linked")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	require.NoError(t, os.Symlink(root, filepath.Join(root, "loop")))
	require.NoError(t, os.Symlink(filepath.Join(root, "gone"), filepath.Join(root, "dead.png")))
	f, err := Open(root)
	require.NoError(t, err)
	require.Equal(t, []string{"linked/p.png"}, names(f.Train))
	require.Equal(t, []Skip{
		{filepath.Join(root, "dead.png"), "no such file or directory"},
		{filepath.Join(root, "loop"), "the link leads back to a folder above it"},
	}, f.Skipped)
}

func TestOpenErrors(t *testing.T) {
	empty, texts, several := t.TempDir(), t.TempDir(), t.TempDir()
	text := write(t, texts, "a.png", []byte("text"))
	write(t, several, "bottle/train/good/1.png", photoBytes(t, 1))
	write(t, several, "cable/test/good/1.png", photoBytes(t, 1))
	for name, c := range map[string]struct{ path, want string }{
		"missing":          {filepath.Join(empty, "x"), "no such file or directory"},
		"empty":            {empty, "there are no photos: photos must be PNG, JPEG, BMP or TIFF"},
		"only texts":       {texts, "there are no photos: photos must be PNG, JPEG, BMP or TIFF (1 other files, such as " + text + ": the file is no image"},
		"a text":           {text, "give a folder, a photo or a .csv table"},
		"several products": {several, "(bottle, cable): give one of them"},
	} {
		_, err := Open(c.path)
		require.ErrorContains(t, err, c.want, name)
		require.ErrorContains(t, err, c.path, name)
	}
	_, err := Open(empty)
	require.ErrorIs(t, err, ErrEmpty)
}

func TestVerify(t *testing.T) {
	root := makeMVTec(t)
	whole := photoBytes(t, 9)
	write(t, root, "train/good/short.png", whole[:len(whole)-20])
	write(t, root, "train/good/tiny.png", encodePNG(t, image.NewGray(image.Rect(0, 0, 1, 1))))
	write(t, root, "ground_truth/crack/1_mask.png", whole[:40])
	f, err := Open(root)
	require.NoError(t, err)
	skipped := len(f.Skipped)
	var calls []int
	require.NoError(t, f.Verify(context.Background(), func(done, total int) {
		require.Equal(t, 10, total)
		calls = append(calls, done)
	}))
	require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, calls)
	require.Equal(t, []string{"train/good/a.jpg", "train/good/b.png", "train/good/deep/c.PNG"}, names(f.Train))
	require.Equal(t, []string{"test/crack/2.png", "test/crack/3.png", "test/good/1.png", "test/hole/1.png"}, names(f.Test))
	require.Len(t, f.Skipped, skipped+3)
	all := ""
	for _, s := range f.Skipped {
		all += s.Path + ": " + s.Reason + "\n"
	}
	require.Contains(t, all, "tiny.png: the photo is 1×1 pixels: each side must have at least 8")
	require.Contains(t, all, "short.png: the png file is ")
	require.Contains(t, all, "1.png: its mask: ")

	before := slices.Clone(f.Train)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, f.Verify(ctx, nil), context.Canceled)
	require.Equal(t, before, f.Train)
}

func TestVerifyNothingLeft(t *testing.T) {
	root := t.TempDir()
	write(t, root, "a.png", photoBytes(t, 1)[:50])
	f, err := Open(root)
	require.NoError(t, err)
	err = f.Verify(context.Background(), nil)
	require.ErrorIs(t, err, ErrEmpty)
	require.ErrorContains(t, err, "a.png")
}

func TestHash(t *testing.T) {
	one, two := makeMVTec(t), makeMVTec(t)
	hash := func(root string) string {
		f, err := Open(root)
		require.NoError(t, err)
		slices.Reverse(f.Train)
		h, err := Hash(f.Train)
		require.NoError(t, err)
		require.Len(t, h, 64)
		return h
	}
	first := hash(one)
	require.Equal(t, first, hash(two), "copy of the folder")
	require.NoError(t, os.Rename(filepath.Join(two, "train/good/b.png"), filepath.Join(two, "train/good/bb.png")))
	require.NotEqual(t, first, hash(two), "renamed photo")
	write(t, one, "train/good/b.png", photoBytes(t, 99))
	require.NotEqual(t, first, hash(one), "changed photo")
	_, err := Hash([]Sample{{Path: filepath.Join(one, "gone.png"), Rel: "gone.png"}})
	require.ErrorContains(t, err, "gone.png")
}

func TestLabelText(t *testing.T) {
	for _, l := range []Label{Unlabelled, Good, Defective} {
		text, err := l.MarshalText()
		require.NoError(t, err)
		var back Label
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, l, back)
		require.Equal(t, l.String(), string(text))
	}
	require.Error(t, new(Label).UnmarshalText([]byte("fine")))
	_, err := Label(9).MarshalText()
	require.Error(t, err)
	require.True(t, strings.HasPrefix(Label(9).String(), "Label("))
}
