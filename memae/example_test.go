package memae_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
	"github.com/org/trustmae/memae/synthetic"
)

// Example trains on a folder nobody sorted and judges two new photos.
func Example() {
	// Your photos go here; this makes 24 good ones and 6 with defects, mixed.
	dir, err := os.MkdirTemp("", "product-*")
	check(err)
	defer os.RemoveAll(dir)
	check(synthetic.Write(dir, synthetic.Options{Size: 64, Seed: 1, TrainGood: 24, TrainDefective: 6, TestGood: 5, TestDefective: 5}))

	config := memae.DefaultConfig() // the paper's; cut down here to learn in two seconds
	config.Size, config.Epochs, config.Batch = 64, 12, 8
	config.Generator.Width, config.Memory.Dim = 8, 128
	config.Optimizer.LR = 1e-3
	config.Loss.VGG, config.Loss.GAN, config.Loss.Feature = 0, 0, 0
	config.Score.Blur = 1
	config.Augment = memae.AugmentConfig{Rot: "none", Fill: "reflect"}

	folder, err := dataset.Open(filepath.Join(dir, "train"))
	check(err)
	backend, err := cpu.Default()
	check(err)
	detector, err := memae.New(config, memae.Options{Backend: backend})
	check(err)
	photos := dataset.NewSource(folder.Train, config.Size, config.Size)
	check(detector.Fit(context.Background(), memae.FromSource(photos)))
	check(detector.Save(filepath.Join(dir, "product.safetensors")))

	for _, name := range []string{"test/good/000.png", "test/stain/000.png"} {
		photo, err := dataset.Load(filepath.Join(dir, name))
		check(err)
		results, err := detector.Score(context.Background(), []dataset.Image{photo})
		check(err)
		fmt.Println(name, "defective:", results[0].Defective)
	}
	// Output:
	// test/good/000.png defective: false
	// test/stain/000.png defective: true
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
