package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/org/trustmae/kernels"
)

// logEvery is how many steps a row of the log averages, and how often the
// checkpoint is written.
const logEvery = 50

// do makes the network.
func (r *run) do(ctx context.Context, b kernels.Backend) (err error) {
	defer kernels.Catch(&err)
	var teachers []*teacher
	if r.Distil > 0 && r.Steps > 0 {
		if teachers, err = newTeachers(b, r.teachers, r.settings); err != nil {
			return err
		}
	}
	var j *judge
	if r.Judge > 0 {
		if j, err = newJudge(b, r.teachers); err != nil {
			return err
		}
	}
	tr := newTrainer(b, r.settings, teachers, j)
	if err := r.begin(tr); err != nil {
		return err
	}
	log, err := openLog(r.log(), tr)
	if err != nil {
		return err
	}
	defer log.file.Close()
	err = tr.run(ctx, func(step int, l losses) error {
		if err := log.add(step, l); err != nil || step%logEvery != 0 {
			return err
		}
		return tr.save(r.checkpoint())
	})
	if err != nil {
		if ctx.Err() != nil {
			err = errors.Join(fmt.Errorf("stopped after step %d of %d; go on with --resume: %w", tr.done, tr.total(), err), tr.save(r.checkpoint()))
		}
		return err
	}
	if err := r.finish(tr); err != nil {
		return err
	}
	if err := os.Remove(r.checkpoint()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return log.file.Close()
}

// finish measures, writes the network and says how good it is.
func (r *run) finish(tr *trainer) error {
	f, err := tr.measure()
	if err != nil {
		return err
	}
	standardise(tr.tape, tr.pupil, r.settings)
	metadata := map[string]string{
		settingsKey: r.settings.String(),
		"held-out AUROC in percent: squared difference": f.squared.String(),
		"held-out AUROC in percent: distance":           f.distance.String(),
		"held-out AUROC in percent: product":            f.product.String(),
	}
	if err := export(r.out, tr.pupil, metadata); err != nil {
		return err
	}
	_, err = fmt.Printf("%s: AUROC in percent on %d held-out pairs:\nsquared difference: %v\ndistance: %v\nproduct: %v\n",
		r.out, heldOutPairs, f.squared, f.distance, f.product)
	return err
}

// logFile is a table with a row for every logEvery steps.
type logFile struct {
	file  *os.File
	sums  []float64 // of the rows' columns
	count int
	begun time.Time
}

// openLog begins a table, or goes on with the one of an interrupted run.
func openLog(path string, tr *trainer) (*logFile, error) {
	mode := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if tr.done > 0 {
		mode = os.O_CREATE | os.O_WRONLY | os.O_APPEND
	}
	file, err := os.OpenFile(path, mode, 0o666)
	if err != nil {
		return nil, err
	}
	l := &logFile{file: file, begun: time.Now()}
	if tr.done > 0 {
		return l, nil
	}
	header := []string{"step", "seconds_a_step", "contrast", "ranking", "judge"}
	for _, c := range tr.teachers {
		header = append(header, "unexplained_"+string(c.features.Network()))
	}
	_, err = fmt.Fprintln(file, strings.Join(header, ","))
	return l, err
}

// add counts a step in.
func (l *logFile) add(step int, of losses) error {
	values := append([]float64{of.contrast, of.ranking, of.judge}, of.distil...)
	if len(l.sums) != len(values) {
		l.sums, l.count = make([]float64, len(values)), 0 // the first step of a part
	}
	for i, v := range values {
		l.sums[i] += v
	}
	l.count++
	if step%logEvery != 0 {
		return nil
	}
	row := []string{strconv.Itoa(step), short(time.Since(l.begun).Seconds() / float64(l.count))}
	for _, v := range l.sums {
		row = append(row, short(v/float64(l.count)))
	}
	l.sums, l.count, l.begun = nil, 0, time.Now()
	_, err := fmt.Fprintln(l.file, strings.Join(row, ","))
	return err
}

// short is a number in four digits, empty for none.
func short(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
