package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/org/trustmae/internal/atomicfile"
	"github.com/org/trustmae/memae"
)

// monitor shows the progress of training and keeps its log.
type monitor struct {
	session *session
	task    *task
	photos  int // of the training set
	begun   bool
	log     epochLog
}

func newMonitor(s *session, log string, c memae.Config, photos int) *monitor {
	return &monitor{session: s, photos: photos, log: epochLog{path: log}, task: s.start("training", c.Epochs*photos)}
}

// step counts the photos of a training step.
func (m *monitor) step(st memae.StepStats) {
	if !m.begun { // a resumed run begins later
		m.begun = true
		m.task.skip((st.Epoch-1)*m.photos, time.Duration(st.Seconds*float64(time.Second)))
	}
	m.task.add(st.Photos)
}

// epoch prints and records an epoch.
func (m *monitor) epoch(e memae.EpochStats) {
	m.task.mark(fmt.Sprintf("epoch %d/%d", e.Epoch, e.Epochs))
	var text strings.Builder
	for i, f := range e.Figures {
		if i > 0 {
			text.WriteByte(' ')
		}
		fmt.Fprintf(&text, "%s %.4g", f.Name, f.Value)
	}
	m.task.log(text.String())
	// The model matters more than its log: a full disk also stops the checkpoint,
	// and that does stop training.
	if err := m.log.add(e); err != nil && !m.log.failed {
		m.log.failed = true
		m.session.note("warning: the log of epochs is not written: %v", err)
	}
}

func (m *monitor) finish() { m.task.finish() }

// epochLog is a CSV table with a row for each epoch, rewritten as a whole each
// time so that it is never cut. A resumed run keeps the rows of the epochs
// before it.
type epochLog struct {
	path   string
	rows   [][]string // the header first
	failed bool
}

func (l *epochLog) add(e memae.EpochStats) error {
	header, row := []string{"epoch", "seconds"}, []string{strconv.Itoa(e.Epoch), strconv.FormatFloat(e.Seconds, 'f', 3, 64)}
	for _, f := range e.Figures {
		header = append(header, f.Name)
		row = append(row, strconv.FormatFloat(f.Value, 'g', 8, 64))
	}
	if l.rows == nil {
		l.rows = append([][]string{header}, l.before(e.Epoch, header)...)
	}
	l.rows = append(l.rows, row)
	return writeCSV(l.path, l.rows)
}

// before reads the rows that an earlier run left, up to the given epoch. A file
// that is no such table is left out: it is about to be replaced.
func (l *epochLog) before(epoch int, header []string) [][]string {
	data, err := os.ReadFile(l.path)
	if err != nil || epoch == 1 {
		return nil
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(rows) == 0 || !slices.Equal(rows[0], header) {
		return nil
	}
	return slices.DeleteFunc(rows[1:], func(row []string) bool {
		n, err := strconv.Atoi(row[0])
		return err != nil || n >= epoch
	})
}

// writeCSV replaces a table.
func writeCSV(path string, rows [][]string) error {
	return atomicfile.WriteFile(path, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(rows) })
}

// writeSuspects writes the ranking of the training photos.
func writeSuspects(path string, suspects []memae.Suspect) error {
	rows := [][]string{{"rank", "file", "raw", "normalised", "verdict"}}
	for i, p := range suspects {
		rows = append(rows, []string{strconv.Itoa(i + 1), p.Name, number(p.Raw), number(p.Normalised), verdict(p.Defective)})
	}
	return writeCSV(path, rows)
}

// number writes a score as tables hold it.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 8, 64) }

// Verdicts, as tables hold them.
const (
	verdictGood       = "good"
	verdictDefective  = "defective"
	verdictUnreadable = "unreadable"
)

func verdict(defective bool) string {
	if defective {
		return verdictDefective
	}
	return verdictGood
}
