package synthetic_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/org/trustmae/memae/synthetic"
)

func ExampleGenerate() {
	o := synthetic.Options{Size: 64, Seed: 1}
	for _, kind := range []synthetic.Kind{synthetic.Good, synthetic.Hole} {
		s, err := synthetic.Generate(o, 0, kind)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(s.Kind, s.Photo.Bounds(), "defective:", s.Pixels > 0)
	}
	// Output:
	// good (0,0)-(64,64) defective: false
	// hole (0,0)-(64,64) defective: true
}

func ExampleWrite() {
	dir, err := os.MkdirTemp("", "flanges")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	o := synthetic.Options{Size: 32, Seed: 1, TrainGood: 8, TrainDefective: 2, TestGood: 3, TestDefective: 5}
	if err := synthetic.Write(dir, o); err != nil {
		fmt.Println(err)
		return
	}
	for _, pattern := range []string{"train/good/*.png", "test/good/*.png", "test/hole/*.png", "ground_truth/hole/*_mask.png"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(len(names), pattern)
	}
	// Output:
	// 10 train/good/*.png
	// 3 test/good/*.png
	// 1 test/hole/*.png
	// 1 ground_truth/hole/*_mask.png
}
