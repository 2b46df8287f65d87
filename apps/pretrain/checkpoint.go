package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/nn"
)

// Keys of a checkpoint's metadata; settingsKey is the network file's as well.
const (
	settingsKey = "pretrain.settings"
	doneKey     = "pretrain.done"
)

// save writes everything that going on needs, atomically.
func (tr *trainer) save(path string) error {
	metadata := map[string]string{settingsKey: tr.settings.String(), doneKey: strconv.Itoa(tr.done)}
	return safetensors.WriteFile(path, nn.SaveState(tr.state()), metadata)
}

// load restores what save wrote. A missing file is an error wrapping
// fs.ErrNotExist.
func (tr *trainer) load(path string) error {
	list, metadata, err := safetensors.ReadFile(path)
	if err != nil {
		return err
	}
	if made, want := metadata[settingsKey], tr.settings.String(); made != want {
		return fmt.Errorf("%s was made with the settings %s, not %s; give the same ones, or delete it", path, made, want)
	}
	done, err := strconv.Atoi(metadata[doneKey])
	if err != nil || done < 0 || done > tr.total() {
		return fmt.Errorf("%s: %q steps done, want 0 to %d: not a checkpoint of this program; delete it", path, metadata[doneKey], tr.total())
	}
	if err := nn.LoadState(tr.state(), list); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	tr.done = done
	tr.free.SetStepCount(min(done, tr.Steps))
	tr.fit.SetStepCount(max(done-tr.Steps, 0))
	return nil
}

// begin loads the checkpoint of an interrupted run or makes sure that there is
// none.
func (r *run) begin(tr *trainer) error {
	if r.resume {
		return tr.load(r.checkpoint())
	}
	if _, err := os.Stat(r.checkpoint()); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there: go on with --resume, or delete it", r.checkpoint())
	}
	return nil
}
