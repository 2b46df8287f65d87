package peak

import (
	"testing"
	"time"
)

// Meter reports a benchmark's rate and its share of the processor's.
type Meter struct {
	b       *testing.B
	table   string
	threads int
}

// NewMeter returns a meter of work by so many threads with the kernels of a
// table.
func NewMeter(b *testing.B, table string, threads int) Meter {
	b.ReportAllocs()
	return Meter{b, table, threads}
}

// Compute times run, which does the given number of operations (a multiply-add
// counts twice), after one call that warms up. It reports
//
//   - GFLOP/s, and %peak, its share of what all threads can do;
//   - %peak-busy, the same by the time that processors worked for the process,
//     where the system tells: what waiting threads and other programs take is left
//     out.
func (m Meter) Compute(operations int64, run func()) {
	m.b.Helper()
	top := Of(m.table, m.threads).All
	busy, known := m.loop(run)
	total := float64(operations) * float64(m.b.N)
	rate := total / float64(m.b.Elapsed().Nanoseconds())
	m.b.ReportMetric(rate, "GFLOP/s")
	m.b.ReportMetric(100*rate/top, "%peak")
	if known {
		m.b.ReportMetric(100*total*float64(m.threads)/float64(busy.Nanoseconds())/top, "%peak-busy")
	}
}

// Move times run, which reads and writes the given number of bytes and computes
// little, after one call that warms up. It reports MB/s and %copy, its share of
// what all threads can copy where no cache helps; where one does it may exceed
// 100.
func (m Meter) Move(bytes int64, run func()) {
	m.b.Helper()
	top := Copy(m.threads)
	m.b.SetBytes(bytes)
	m.loop(run)
	rate := float64(bytes) * float64(m.b.N) / m.b.Elapsed().Seconds()
	m.b.ReportMetric(100*rate/top, "%copy")
}

// Ceilings measures, as often as the benchmark asks, what the others are compared
// with: GFLOP/s of one thread and of all, and MB/s of all threads copying; with several
// threads also how long two of them take to hand a cache line over and back.
func (m Meter) Ceilings() {
	var best Peak
	rate := 0.0
	for m.b.Loop() {
		p := Measure(m.table, m.threads)
		best.One, best.All = max(best.One, p.One), max(best.All, p.All)
		rate = max(rate, measureCopy(m.threads))
	}
	m.b.ReportMetric(best.One, "GFLOP/s-one")
	m.b.ReportMetric(best.All, "GFLOP/s-all")
	m.b.ReportMetric(rate/1e6, "MB/s-copy")
	if m.threads > 1 {
		m.b.ReportMetric(float64(Handover().Nanoseconds()), "ns-handover")
	}
}

// loop runs the benchmark and tells the processors' time, if it is known.
func (m Meter) loop(run func()) (busy time.Duration, known bool) {
	run()
	before, known := processorTime()
	for m.b.Loop() {
		run()
	}
	after, _ := processorTime()
	busy = max(after-before, 0)
	return busy, known && busy > 0
}
