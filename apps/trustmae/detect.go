package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/internal/atomicfile"
	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
)

// formats are the values of --format.
var formats = []string{"csv", "jsonl"}

// Files that detect makes below --out.
const (
	detectionsFile = "detections" // with the format as extension
	heatmapsFolder = "heatmaps"
)

type detectFlags struct {
	modelFlags
	out, format string
	heatmaps    bool
}

func newDetect(s *session) *cobra.Command {
	var f detectFlags
	cmd := &cobra.Command{
		Use:   "detect FILE IMAGE|DIR...",
		Short: "Find defects on new photos",
		Long: `Score photos, or all photos of folders, with the model FILE and write a row for
each: its path, raw and normalised score (0.5 is the threshold), verdict, and the
box and peak of the largest suspicious region, in pixels of the photo. Rows go to
stdout or, with --out, to DIR/` + detectionsFile + `.csv (or .jsonl).

A photo that cannot be read gets a row with the verdict "` + verdictUnreadable + `" and the reason;
the exit code is then 3.`,
		Example: "  trustmae detect part.safetensors new --out results --heatmaps",
		Args:    wantArgs(true, "FILE", "IMAGE|DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, s, args[0], args[1:])
		},
	}
	cmd.Flags().StringVarP(&f.out, "out", "o", "", "`DIR` for the rows and heat maps; made where it is missing")
	cmd.Flags().StringVar(&f.format, "format", "csv", "of the rows: "+strings.Join(formats, " or "))
	cmd.Flags().BoolVar(&f.heatmaps, "heatmaps", false, "write each photo with its anomaly map laid over it to DIR/"+heatmapsFolder)
	complete(cmd, "format", formats...)
	f.modelFlags.add(cmd)
	return cmd
}

func (f *detectFlags) run(cmd *cobra.Command, s *session, model string, paths []string) error {
	if !slices.Contains(formats, f.format) {
		return usage(cmd, "--format is %q, want %s", f.format, strings.Join(formats, " or "))
	}
	if f.heatmaps && f.out == "" {
		return usage(cmd, "--heatmaps needs --out DIR to put them in")
	}
	backend, err := f.open(cmd, s)
	if err != nil {
		return err
	}
	detector, err := f.openModel(s, model, backend, paths...)
	if err != nil {
		return err
	}
	d := &detection{session: s, detector: detector, inputs: s.inputs(paths, f.out)}
	if f.out == "" {
		s.quiet = s.quiet || isTerminal(s.stdout) // a bar would run into the rows
		return d.run(cmd.Context(), newRowWriter(s.stdout, f.format))
	}
	if err := os.MkdirAll(f.out, 0o777); err != nil {
		return fmt.Errorf("make the folder for results: %w; choose another one", err)
	}
	if f.heatmaps {
		d.heatmaps = newHeatmaps(filepath.Join(f.out, heatmapsFolder), detector.Calibration())
	}
	return d.toFile(cmd.Context(), filepath.Join(f.out, detectionsFile+"."+f.format), f.format)
}

// input is a photo to score, or why it cannot be.
type input struct {
	path string
	rel  string // name below the folder that was given
	err  error
}

// inputs lists the photos of all paths. What cannot be listed becomes an input
// with an error; files that were never meant as photos are only named, and what an
// earlier run left in the folder for results is passed over.
func (s *session) inputs(paths []string, out string) []input {
	var all []input
	for _, path := range paths {
		folder, err := dataset.Open(path)
		if err != nil {
			all = append(all, input{path: path, err: cause(err)})
			continue
		}
		var found []input
		for _, sample := range slices.Concat(folder.Train, folder.Test) {
			found = append(found, input{path: sample.Path, rel: sample.Rel})
		}
		for _, skip := range folder.Skipped {
			if meantAsPhoto(skip.Path) || isResult(skip.Path, out) {
				found = append(found, input{path: skip.Path, err: errors.New(skip.Reason)})
				continue
			}
			s.note("warning: left out %s: %s", skip.Path, skip.Reason)
		}
		photos := len(found)
		found = slices.DeleteFunc(found, func(in input) bool { return isResult(in.path, out) })
		if n := photos - len(found); n > 0 {
			s.inform("passed over %s that an earlier run wrote to %s", plural(n, "file"), out)
		}
		slices.SortFunc(found, func(a, b input) int { return strings.Compare(a.path, b.path) })
		all = append(all, found...)
	}
	return all
}

// isResult tells whether detect itself wrote a file into the folder out, which may
// lie among the photos.
func isResult(path, out string) bool {
	if out == "" {
		return false
	}
	path, errPath := filepath.Abs(path)
	out, errOut := filepath.Abs(out)
	rel, err := filepath.Rel(out, path)
	if errors.Join(errPath, errOut, err) != nil {
		return false // on another volume
	}
	return strings.HasPrefix(rel, heatmapsFolder+string(filepath.Separator)) ||
		slices.ContainsFunc(formats, func(format string) bool { return rel == detectionsFile+"."+format })
}

// detection is one run over many photos.
type detection struct {
	session    *session
	detector   *memae.TrustMAE
	inputs     []input
	heatmaps   *heatmaps // nil without --heatmaps
	done       int
	unreadable int
	defective  int
}

// toFile runs with rows to a file. Whatever ends the run, the rows that are done
// are kept; a failure to write them is the file's own error.
func (d *detection) toFile(ctx context.Context, path, format string) error {
	var ended error
	err := atomicfile.WriteFile(path, func(w io.Writer) error {
		ended = d.run(ctx, newRowWriter(w, format))
		return nil
	})
	if err != nil {
		return err
	}
	d.session.inform("%s: %s, %d defective, %d unreadable", path, plural(d.done, "photo"), d.defective, d.unreadable)
	return ended
}

// run scores all inputs in batches, so that memory does not grow with their
// number, and writes their rows in order.
func (d *detection) run(ctx context.Context, out rowWriter) error {
	t := d.session.start("detecting", len(d.inputs))
	defer t.finish()
	size := d.detector.Config().Size
	for batch, err := range load(ctx, d.inputs, d.detector.Config().Batch, size) {
		var rows []row
		if err == nil {
			rows, err = d.score(ctx, batch)
		}
		if errors.Is(err, context.Canceled) {
			break
		}
		if err != nil {
			return err
		}
		for _, r := range rows {
			d.count(r)
			if err := out.write(r); err != nil {
				return err
			}
		}
		if err := out.flush(); err != nil {
			return err
		}
		t.add(len(rows))
	}
	t.finish()
	switch {
	case ctx.Err() != nil:
		return &interruptedError{fmt.Sprintf("%d of %s are done; their rows are written", d.done, plural(len(d.inputs), "photo"))}
	case d.unreadable > 0:
		return &unreadableError{d.unreadable, "not scored"}
	}
	return nil
}

// count adds a row to the totals and names an unreadable file.
func (d *detection) count(r row) {
	d.done++
	switch r.Verdict {
	case verdictUnreadable:
		d.unreadable++
		d.session.note("warning: %s: %s", r.Path, r.Error)
	case verdictDefective:
		d.defective++
	}
}

// score scores the readable photos of a batch and draws their heat maps.
func (d *detection) score(ctx context.Context, batch []loaded) ([]row, error) {
	var images []dataset.Image
	for _, l := range batch {
		if l.err == nil {
			images = append(images, l.image)
		}
	}
	var results []memae.Result
	if len(images) > 0 {
		var err error
		if results, err = d.detector.Score(ctx, images); err != nil {
			return nil, err
		}
	}
	rows := make([]row, len(batch))
	var drawn []drawing // of rows[at]
	var at []int
	for i, l := range batch {
		if l.err != nil {
			rows[i] = row{Path: l.path, Verdict: verdictUnreadable, Error: l.err.Error()}
			continue
		}
		r := results[0]
		results = results[1:]
		rows[i] = newRow(l, r)
		drawn, at = append(drawn, drawing{l.input, r}), append(at, i)
	}
	if d.heatmaps == nil {
		return rows, nil
	}
	paths, err := d.heatmaps.save(ctx, drawn)
	for k, path := range paths {
		rows[at[k]].Heatmap = path
	}
	return rows, err
}
