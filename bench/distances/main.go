// Command distances compares perceptual distances on one trained model: the same
// photos, the same reconstructions, only the distance changes.
//
//	go run ./bench/distances --weights weights bottle.safetensors mvtec/bottle
//
// For each distance, alone and multiplied with the squared error as TrustMAE
// does, it prints image AUROC by the map's largest value and mean, pixel AUROC
// and AUPRO (false-positive rate up to 0.3) in percent, and the milliseconds that
// a pair takes. A model that was trained with noise is tested on the photos that
// its record left over. Networks without a file in the folder of weights are left
// out.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/perceptual"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "distances:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("distances", flag.ContinueOnError)
	weights := f.String("weights", "", "`folder` with pre-trained networks")
	asJSON := f.Bool("json", false, "print one JSON array")
	threads := f.Int("threads", 0, "threads that compute, 0 for all")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 2 {
		return errors.New("want a model file and a labelled folder: distances [flags] FILE DIR")
	}
	backend, err := cpu.New(cpu.Options{Threads: *threads})
	if err != nil {
		return err
	}
	model, err := memae.Open(f.Arg(0), backend)
	if err != nil {
		return err
	}
	photos, err := reconstruct(ctx, model, f.Arg(1))
	if err != nil {
		return err
	}
	var rows []row
	for _, d := range distances {
		r, err := photos.measure(ctx, backend, *weights, d)
		if errors.Is(err, perceptual.ErrNoWeights) {
			fmt.Fprintln(os.Stderr, "distances: left out:", err)
			continue
		}
		if err != nil {
			return err
		}
		rows = append(rows, r...)
	}
	if *asJSON {
		return json.NewEncoder(os.Stdout).Encode(rows)
	}
	return writeTable(os.Stdout, rows)
}
