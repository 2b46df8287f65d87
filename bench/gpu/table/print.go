package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// aim is by how much a work has to be faster than PyTorch's variant.
type aim struct {
	work, variant string
	factor        float64
}

// aims are those of the project for an H200.
var aims = []aim{
	{"TrainStep", "eager", 1.5}, {"TrainStep", "compiled", 1},
	{"Generator/batch=1", "eager", 2}, {"Detect/batch=64", "eager", 1.2},
}

// boundAim is how many times the bound a step may take.
const boundAim = 2

// notMeasured stands for a figure that a step of the check did not bring.
const notMeasured = "not measured"

// print writes the tables.
func print(w io.Writer, ours map[string]metrics, torch map[[2]string]timed) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ceiling\tours\tPyTorch")
	fmt.Fprintf(t, "copy, GB/s\t%s\t%s\n", number(ours["Copy"]["GB/s"]), number(torch[[2]string{"Copy", "eager"}].Rate))
	for _, p := range []string{"f32", "tf32"} {
		fmt.Fprintf(t, "products %s, TFLOP/s\t%s\t%s\n", p, number(ours["MatMul/"+p]["TFLOP/s"]), number(torch[[2]string{"MatMul", p}].Rate))
	}
	t.Flush()
	fmt.Fprintln(w)
	fmt.Fprintln(t, "work, median\tours\tPyTorch\tratio\taim\tmet")
	for _, a := range aims {
		a.print(t, ours[a.work]["median-ms"], torch[[2]string{a.work, a.variant}])
	}
	printBound(t, ours, torch)
	t.Flush()
}

// print writes a work's row.
func (a aim) print(w io.Writer, ours float64, theirs timed) {
	peer, ratio, met := milliseconds(theirs.Median), "", notMeasured
	if theirs.Error != "" {
		peer = theirs.Error
	}
	if ours > 0 && theirs.Median > 0 {
		factor := theirs.Median / ours
		ratio, met = fmt.Sprintf("%.2f", factor), yes(factor >= a.factor)
	}
	fmt.Fprintf(w, "%s, PyTorch %s\t%s\t%s\t%s\t%.1f\t%s\n", a.work, a.variant, milliseconds(ours), peer, ratio, a.factor, met)
}

// printBound compares the step with the larger of its operations over the best
// rate of products and its bytes over the best rate of copies, whoever measured
// them.
func printBound(w io.Writer, ours map[string]metrics, torch map[[2]string]timed) {
	step := ours["TrainStep"]
	rate := max(ours["MatMul/tf32"]["TFLOP/s"], torch[[2]string{"MatMul", "tf32"}].Rate)
	bandwidth := max(ours["Copy"]["GB/s"], torch[[2]string{"Copy", "eager"}].Rate)
	if step["median-ms"] == 0 || rate == 0 || bandwidth == 0 {
		fmt.Fprintf(w, "TrainStep, times its bound\t%s\t\t\t%d\t%s\n", milliseconds(step["median-ms"]), boundAim, notMeasured)
		return
	}
	operations := step["step-GFLOP"] / rate // GFLOP over TFLOP/s: ms
	bytes := 1e3 * step["step-GB"] / bandwidth
	factor := step["median-ms"] / max(operations, bytes)
	fmt.Fprintf(w, "TrainStep, times its bound\t%s\tbound %s\t%.2f\t%d\t%s\n",
		milliseconds(step["median-ms"]), milliseconds(max(operations, bytes)), factor, boundAim, yes(factor <= boundAim))
	fmt.Fprintf(w, "  operations %.0f GFLOP: %.3f ms; bytes %.1f GB: %.3f ms\t\t\t\t\t\n", step["step-GFLOP"], operations, step["step-GB"], bytes)
}

func milliseconds(v float64) string {
	if v == 0 {
		return notMeasured
	}
	return fmt.Sprintf("%.3f ms", v)
}

func number(v float64) string {
	if v == 0 {
		return notMeasured
	}
	return strings.TrimSpace(fmt.Sprintf("%.4g", v))
}

func yes(met bool) string {
	if met {
		return "yes"
	}
	return "NO"
}
