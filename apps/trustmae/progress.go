package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/cupwriter"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// lineEvery is the least time between two progress lines off a terminal.
const lineEvery = 10 * time.Second

// task shows how far a piece of work is: a bar on a terminal, a plain line now
// and then elsewhere, nothing with --quiet. Its methods may be called from
// several goroutines.
type task struct {
	session *session
	label   string
	total   int
	unit    string // what is counted

	mu      sync.Mutex // never held while bar is called, which calls figures
	done    int
	before  int // of done, what an earlier run did: no measure of speed
	status  string
	started time.Time
	printed time.Time // last plain line

	bars *mpb.Progress // nil off a terminal
	bar  *mpb.Bar
}

// isTerminal reports whether w shows bars.
func isTerminal(w io.Writer) bool { return cupwriter.New(w, false).IsTerminal() }

// start begins a task of total images. Tasks do not overlap.
func (s *session) start(label string, total int) *task { return s.startUnit(label, total, "images") }

// startUnit begins a task that counts something else.
func (s *session) startUnit(label string, total int, unit string) *task {
	now := time.Now()
	t := &task{session: s, label: label, total: total, unit: unit, started: now, printed: now}
	if s.quiet || total == 0 || !isTerminal(s.stderr) {
		return t
	}
	t.bars = mpb.New(mpb.WithOutput(s.stderr), mpb.WithWidth(40))
	t.bar = t.bars.AddBar(int64(total),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(label+" ")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			t.mu.Lock()
			defer t.mu.Unlock()
			return " " + t.figures()
		})),
	)
	s.show(t.bars)
	return t
}

// figures is the text about the state. The caller holds mu.
func (t *task) figures() string {
	text := fmt.Sprintf("%d/%d %s", t.done, t.total, t.unit)
	if rate := t.rate(); rate > 0 {
		left := time.Duration(float64(t.total-t.done) / rate * float64(time.Second))
		text += fmt.Sprintf(", %.1f %s/s, %s left", rate, t.unit, short(left))
	}
	if t.status != "" {
		text += ", " + t.status
	}
	return text
}

// rate is the speed in units per second, 0 as long as it is unknown.
func (t *task) rate() float64 {
	elapsed := time.Since(t.started).Seconds()
	if elapsed <= 0 {
		return 0
	}
	return float64(t.done-t.before) / elapsed
}

// add counts n more images as done.
func (t *task) add(n int) {
	t.mu.Lock()
	t.advance(t.done + n)
}

// set says how many are done.
func (t *task) set(n int) {
	t.mu.Lock()
	t.advance(n)
}

// advance moves to done, with a line or the bar now and then. The caller holds
// mu, which is given back.
func (t *task) advance(to int) {
	t.done = min(to, t.total)
	done, line := t.done, ""
	if t.bar == nil && time.Since(t.printed) >= lineEvery {
		t.printed = time.Now()
		line = t.figures()
	}
	t.mu.Unlock()
	switch {
	case t.bar != nil:
		t.bar.SetCurrent(int64(min(done, t.total-1))) // the last step is finish's
	case line != "":
		t.session.inform("%s: %s", t.label, line)
	}
}

// skip counts images as done that an earlier run did. This one has been at work on
// others for a while.
func (t *task) skip(n int, atWork time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done += n
	t.before += n
	t.started = time.Now().Add(-atWork)
}

// mark sets the text behind the figures.
func (t *task) mark(status string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status = status
}

// log prints a line of the task's own: off a terminal only, where no bar tells.
func (t *task) log(text string) {
	if t.bar != nil {
		return
	}
	t.mu.Lock()
	t.printed = time.Now()
	figures := t.figures()
	t.mu.Unlock()
	t.session.inform("%s: %s: %s", t.label, figures, text)
}

// finish ends the task, whether it is done or not, and takes the bar away. It
// may be called twice.
func (t *task) finish() {
	if t.bar == nil {
		return
	}
	t.session.show(nil)
	t.bar.Abort(true)
	t.bars.Wait()
	t.bar = nil
}

// short is a duration as a person says it: 42s, 3m10s, 2h05m.
func short(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}
