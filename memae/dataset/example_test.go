package dataset_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"github.com/org/trustmae/memae/dataset"
)

// Open a folder, make a training set with 20 % defective photos and read it in
// batches.
func Example() {
	root, err := makeProduct()
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)

	folder, err := dataset.Open(root)
	if err != nil {
		log.Fatal(err)
	}
	if err := folder.Verify(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(folder.Train), "photos for training,", len(folder.Test), "for testing,", len(folder.Skipped), "skipped")

	split, err := folder.WithNoise(dataset.Noise{Percent: 20, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(split.Record.Normals), "normal and", len(split.Record.Defects), "defective for training")

	source := dataset.NewSource(split.Train, 8, 8)
	flips := dataset.Augment{FlipH: true, FlipV: true, Rotate: dataset.RotateK90}
	augment := func(index int, photo dataset.Image) dataset.Image {
		return flips.Apply(photo, dataset.Rand(1, 0, index))
	}
	for batch, err := range source.Batches(context.Background(), []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 4, augment) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(batch.Indices, batch.Images[0].Width, "×", batch.Images[0].Height)
	}
	// Output:
	// 8 photos for training, 6 for testing, 1 skipped
	// 8 normal and 2 defective for training
	// [0 1 2 3] 8 × 8
	// [4 5 6 7] 8 × 8
	// [8 9] 8 × 8
}

// makeProduct writes photos in MVTec layout, and a text file among them.
func makeProduct() (string, error) {
	root, err := os.MkdirTemp("", "product")
	if err != nil {
		return "", err
	}
	for dir, n := range map[string]int{"train/good": 8, "test/good": 2, "test/hole": 4} {
		dir = filepath.Join(root, filepath.FromSlash(dir))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", err
		}
		for i := range n {
			img := image.NewGray(image.Rect(0, 0, 16, 16))
			img.SetGray(i, i, color.Gray{255})
			file, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.png", i)))
			if err != nil {
				return "", err
			}
			if err := png.Encode(file, img); err != nil {
				return "", err
			}
			if err := file.Close(); err != nil {
				return "", err
			}
		}
	}
	return root, os.WriteFile(filepath.Join(root, "train", "good", "notes.txt"), []byte("a note"), 0o644)
}
