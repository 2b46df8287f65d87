package perceptual_test

import (
	"fmt"
	"log"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/perceptual"
)

// Compare two images pixel by pixel. A folder of pre-trained weights in place
// of "" makes the distance agree with what people see.
func ExampleLPIPS_Spatial() {
	backend, err := cpu.Default()
	if err != nil {
		log.Fatal(err)
	}
	weights := perceptual.RandomWeights(1)
	distance, err := perceptual.NewLPIPS(backend, weights, perceptual.LPIPSOptions{Net: "squeeze"})
	if err != nil {
		log.Fatal(err)
	}
	if distance.Random() {
		fmt.Println("warning:", distance.Source())
	}
	tape := autograd.NewTape(backend)
	tape.NoGrad(func() {
		gray, white := tape.Full(0, 1, 3, 48, 64), tape.Full(1, 1, 3, 48, 64)
		fmt.Println("map", distance.Spatial(tape, gray, white).Shape())
		fmt.Println("of an image to itself", distance.Scalar(tape, gray, gray).Item())
	})
	// Output:
	// warning: squeezenet1_1: random, never trained (seed 1), equal channel weights
	// map [1 1 48 64]
	// of an image to itself 0
}

// Describe the patches of an image by features of three scales, as detectors that
// compare patches do.
func ExampleFeatures_Images() {
	backend, err := cpu.Default()
	if err != nil {
		log.Fatal(err)
	}
	weights := perceptual.RandomWeights(1) // OpenWeights, with a folder that holds resnet18-f37072fd.pth, gives trained ones
	features, err := perceptual.NewFeatures(backend, weights, perceptual.ResNet18)
	if err != nil {
		log.Fatal(err)
	}
	scales := perceptual.ResNet18.Stages()[1:4]
	tape := autograd.NewTape(backend)
	tape.NoGrad(func() {
		photo := tape.Full(0.5, 1, 3, 64, 64)
		for _, y := range features.Images(tape, photo, scales...) {
			fmt.Println(y.Shape())
		}
	})
	// Output:
	// [1 64 16 16]
	// [1 128 8 8]
	// [1 256 4 4]
}

// Differentiate the feature loss by the reconstruction.
func ExampleFeatureLoss_Loss() {
	backend, err := cpu.Default()
	if err != nil {
		log.Fatal(err)
	}
	weights := perceptual.RandomWeights(1)
	loss, err := perceptual.NewFeatureLoss(backend, weights, perceptual.FeatureLossOptions{Parts: 4})
	if err != nil {
		log.Fatal(err)
	}
	tape := autograd.NewTape(backend)
	photos := tape.Full(0.5, 2, 3, 16, 16)
	reconstructions := tape.Variable(make([]float32, photos.Len()), photos.Shape()...)
	tape.Backward(loss.Loss(tape, photos, reconstructions))
	fmt.Println(reconstructions.Grad().Shape())
	// Output: [2 3 16 16]
}
