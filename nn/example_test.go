package nn_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/nn"
)

// Train a small auto-encoder on one image.
func Example() {
	b, err := cpu.Default()
	if err != nil {
		log.Fatal(err)
	}
	net := nn.Sequential{
		nn.NewConv2d(b, 1, 8, 3, nn.Conv2dOptions{Stride: 2, Padding: 1}),
		nn.NewBatchNorm2d(b, 8, nn.DefaultNorm(0)), // slope 0: ReLU in the same pass
		nn.NewConvTranspose2d(b, 8, 1, 4, nn.ConvTranspose2dOptions{Stride: 2, Padding: 1, Bias: true}),
		nn.Sigmoid{},
	}
	nn.InitNormal(net, 0.1, rand.New(rand.NewPCG(1, 0)))
	pixels := make([]float32, 16*16)
	for i := range pixels {
		pixels[i] = float32(i%16) / 15 // from black on the left to white on the right
	}
	adam := nn.NewAdam(nn.Parameters(net), nn.AdamOptions{LR: 1e-2})
	tape := autograd.NewTape(b)
	var first, last float32
	for step := range 100 {
		x := tape.Input(pixels, 1, 1, 16, 16)
		loss := nn.MSE(tape, net.Forward(tape, x), x)
		if last = loss.Item(); step == 0 {
			first = last
		}
		tape.Backward(loss)
		if err := adam.Step(); err != nil {
			log.Fatal(err)
		}
		adam.ZeroGrad()
		tape.Reset()
	}
	fmt.Printf("first loss %.1f, a tenth of it after 100 steps: %t\n", first, last < first/10)
	// Output: first loss 0.1, a tenth of it after 100 steps: true
}

// State moves between modules, files and PyTorch under stable names.
func ExampleLoadState() {
	b, err := cpu.Default()
	if err != nil {
		log.Fatal(err)
	}
	build := func() nn.Module {
		return nn.Sequential{nn.NewConv2d(b, 3, 8, 3, nn.Conv2dOptions{Bias: true}), nn.NewBatchNorm2d(b, 8, nn.DefaultNorm(1))}
	}
	trained, fresh := build(), build()
	nn.InitXavier(trained, 1, rand.New(rand.NewPCG(1, 0)))
	tensors := nn.SaveState(nn.Prefix("encoder", trained.State()))
	for _, t := range tensors {
		fmt.Println(t.Name, t.Shape)
	}
	fmt.Println(nn.LoadState(nn.Prefix("encoder", fresh.State()), tensors))
	fmt.Println(nn.LoadState(nn.Prefix("encoder", fresh.State()), tensors[1:]))
	// Output:
	// encoder.0.weight [8 3 3 3]
	// encoder.0.bias [8]
	// encoder.1.weight [8]
	// encoder.1.bias [8]
	// encoder.1.running_mean [8]
	// encoder.1.running_var [8]
	// <nil>
	// load state: tensor "encoder.0.weight" (shape [8 3 3 3]) is missing; check that file and configuration go together
}

// Structural similarity of an image with itself and with its negative.
func ExampleSSIM() {
	b, err := cpu.Default()
	if err != nil {
		log.Fatal(err)
	}
	tape := autograd.NewTape(b)
	pixels := make([]float32, 32*32)
	for i := range pixels {
		pixels[i] = float32(i / 8 % 2) // stripes of 8 pixels
	}
	x := tape.Input(pixels, 1, 1, 32, 32)
	negative := tape.AddScalar(tape.Neg(x), 1)
	fmt.Printf("%.2f\n", nn.SSIM(tape, x, x, nn.SSIMOptions{}).Item())
	fmt.Println(nn.SSIM(tape, x, negative, nn.SSIMOptions{}).Item() < 0)
	// Output:
	// 1.00
	// true
}
