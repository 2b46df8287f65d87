// Command pretrain makes the perceptual network that this library embeds, from
// procedural pictures and from what other networks see in them; no photo takes
// part.
//
//	go run ./apps/pretrain --teachers weights --out trustmae.safetensors
//
// The network learns to predict, through 1×1 heads that are thrown away, the
// features of SqueezeNet 1.1 and VGG-19 (distillation), and LPIPS-AlexNet's
// distance (judge); and at the same time to tell pixels with a defect from pixels
// that only a harmless change touches (contrast), and to have the largest value
// of distance times squared error on defects (ranking). Then its weights are
// fixed and the channel weights alone are fitted to all but the first. The result
// does not depend on the number of threads; an interrupted run goes on with
// --resume.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/org/trustmae/kernels/cpu"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "pretrain:", err)
		os.Exit(1)
	}
}

// settings are all that a run depends on. They are kept in the checkpoint and in
// the file that is made.
type settings struct {
	Seed     uint64  `json:"seed"`
	Size     int     `json:"size"`     // side of the pictures, pixels
	Batch    int     `json:"batch"`    // pairs of pictures a step
	Pool     int     `json:"pool"`     // pairs that are drawn
	Steps    int     `json:"steps"`    // with all weights free
	Fit      int     `json:"fit"`      // with only the channel weights free
	Rate     float64 `json:"rate"`     // largest learning rate of Steps
	FitRate  float64 `json:"fit_rate"` // largest learning rate of Fit
	Distil   float64 `json:"distil"`   // weight of the distillation
	Contrast float64 `json:"contrast"` // weight of the contrast
	Rank     float64 `json:"rank"`     // weight of the ranking of largest values
	Judge    float64 `json:"judge"`    // weight of LPIPS-AlexNet's distance
	VGG      int     `json:"vgg"`      // pictures of a batch that VGG-19 sees as well
}

// run is where a run reads and writes.
type run struct {
	settings
	teachers string // folder with the teachers' files
	out      string
	resume   bool
	threads  int
}

func (r *run) checkpoint() string { return r.out + ".checkpoint" }
func (r *run) log() string        { return r.out + ".csv" }

func command(ctx context.Context, args []string) error {
	var r run
	f := flag.NewFlagSet("pretrain", flag.ContinueOnError)
	f.StringVar(&r.teachers, "teachers", "", "`folder` with SqueezeNet 1.1, VGG-19, LPIPS-AlexNet; needed unless --distil and --judge are 0")
	f.StringVar(&r.out, "out", "trustmae.safetensors", "`file` to write; log and checkpoint go beside it")
	f.BoolVar(&r.resume, "resume", false, "go on from the checkpoint")
	f.IntVar(&r.threads, "threads", 0, "threads that compute, 0 for all")
	f.Uint64Var(&r.Seed, "seed", 1, "seed of weights and pictures")
	f.IntVar(&r.Size, "size", 96, "side of the pictures, pixels")
	f.IntVar(&r.Batch, "batch", 16, "pairs of pictures a step")
	f.IntVar(&r.Pool, "pool", 4096, "pairs that are drawn, to be seen again turned and mirrored; 0 draws new ones for ever")
	f.IntVar(&r.Steps, "steps", 3000, "steps with all weights free")
	f.IntVar(&r.Fit, "fit", 300, "steps with only the channel weights free")
	f.Float64Var(&r.Rate, "rate", 2e-3, "largest learning rate")
	f.Float64Var(&r.FitRate, "fit-rate", 5e-2, "largest learning rate of the channel weights alone")
	f.Float64Var(&r.Distil, "distil", 1, "weight of the distillation, 0 for none")
	f.Float64Var(&r.Contrast, "contrast", 1, "weight of the contrast, 0 for none")
	f.Float64Var(&r.Rank, "rank", 1, "weight of the ranking of pictures by their largest value, 0 for none")
	f.Float64Var(&r.Judge, "judge", 1, "weight of the likeness to LPIPS-AlexNet's distance, 0 for none")
	f.IntVar(&r.VGG, "vgg", 4, "pictures of a batch that VGG-19 sees as well")
	if err := f.Parse(args); err != nil {
		return err
	}
	if err := r.check(); err != nil {
		return err
	}
	backend, err := cpu.New(cpu.Options{Threads: r.threads})
	if err != nil {
		return err
	}
	return r.do(ctx, backend)
}

// check reports settings that make no sense.
func (r *run) check() error {
	switch {
	case r.Size < 64 || r.Size%32 != 0:
		return fmt.Errorf("--size is %d, want a multiple of 32 from 64 on", r.Size)
	case r.Batch < 1 || r.Steps < 0 || r.Fit < 0:
		return fmt.Errorf("--batch, --steps, --fit are %d, %d, %d, want at least 1, 0, 0", r.Batch, r.Steps, r.Fit)
	case r.Pool != 0 && r.Pool < r.Batch:
		return fmt.Errorf("--pool is %d, want 0 or at least --batch (%d)", r.Pool, r.Batch)
	case r.VGG < 0 || r.VGG > r.Batch:
		return fmt.Errorf("--vgg is %d, want 0 to --batch (%d)", r.VGG, r.Batch)
	case !(r.Distil >= 0 && r.Contrast >= 0 && r.Rank >= 0 && r.Judge >= 0 && r.Rate > 0 && r.FitRate > 0):
		return errors.New("--distil, --contrast, --rank and --judge must not be negative, --rate and --fit-rate must be positive")
	case r.Steps > 0 && r.Distil == 0 && !r.pairs():
		return errors.New("--distil, --contrast, --rank and --judge are all 0: nothing to learn; give one, or --steps 0")
	case r.Fit > 0 && !r.pairs():
		return errors.New("--contrast, --rank and --judge are all 0: nothing to fit the channel weights to; give one, or --fit 0")
	case (r.Distil > 0 && r.Steps > 0 || r.Judge > 0) && r.teachers == "":
		return errors.New("--teachers names no folder; give the one with SqueezeNet 1.1, VGG-19 and LPIPS-AlexNet, or --distil 0 --judge 0")
	}
	return nil
}

// String is the settings as JSON.
func (s settings) String() string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("pretrain: settings: %v", err)) // numbers only
	}
	return string(text)
}
