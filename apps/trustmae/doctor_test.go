package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/kernels/cuda/standin"
)

// onStandIn runs trustmae as a program that finds the stand-in for the CUDA
// driver, and returns its output.
func onStandIn(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	code, stdout, stderr := codeOnStandIn(t, args...)
	require.Equal(t, exitOK, code, "trustmae %v: %s", args, stderr)
	return stdout, stderr
}

// codeOnStandIn is onStandIn for commands that may fail.
func codeOnStandIn(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	env, err := standin.Environment()
	if err != nil {
		standin.Skip(t, err)
	}
	self, err := os.Executable()
	require.NoError(t, err)
	var out, errs bytes.Buffer
	cmd := exec.Command(self, args...)
	cmd.Env = append(append(os.Environ(), asProgram+"=1"), env...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func TestDoctor(t *testing.T) {
	report := mustCLI(t, "doctor")
	require.Contains(t, report, "processor  cpu/")
	require.Regexp(t, `test       cpu/\S+: \d+ rounds? right`, report)
}

// gpuName is a pattern of the name of the device that tests run on.
func gpuName() string {
	if standin.Real() {
		return `[^/\n]+`
	}
	return "stand-in"
}

func TestDoctorOnTheStandIn(t *testing.T) {
	report, _ := onStandIn(t, "doctor")
	require.Regexp(t, `library    driver \d+\.\d+, /`, report)
	require.Regexp(t, `library    NVRTC \d+\.\d+, /`, report)
	require.Regexp(t, `device     cuda:0 `+gpuName()+`, compute capability \d+\.\d`, report)
	require.Regexp(t, `convolve   cuda/`+gpuName()+`/tf32: own kernels`, report)
	require.Regexp(t, `multiply   cuda/`+gpuName()+`/tf32: \w`, report)
	for _, precision := range precisions {
		require.Regexp(t, `test       cuda/`+gpuName()+`/`+precision+`: \d+ rounds? right`, report)
	}
	if standin.Real() {
		return // it may have cuDNN and cuBLASLt
	}
	require.Contains(t, report, "without    no cuDNN 9: libcudnn.so.9 cannot be opened; convolutions go without")
	require.Contains(t, report, "convolve   cuda/stand-in/tf32: own kernels; no cuDNN 9")
	require.Contains(t, report, "multiply   cuda/stand-in/tf32: own kernels; no cuBLASLt")
}

// auto takes the GPU and says so; scores agree with the processor's.
func TestDetectOnTheStandIn(t *testing.T) {
	line, model, _ := fixtures(t)
	photos := filepath.Join(line, "test", "good")
	processor := scoreColumn(t, mustCLI(t, "detect", model, photos, "--device", "cpu"))
	for precision, tolerance := range map[string]float64{"f32": 1e-4, "tf32": 1e-2} {
		onGPU, said := onStandIn(t, "detect", model, photos, "--precision", precision, "--deterministic")
		require.Regexp(t, "computing on cuda/"+gpuName()+"/"+precision, said)
		require.InDeltaSlice(t, processor, scoreColumn(t, onGPU), tolerance*slices.Max(processor), precision)
	}
}

// The processor has one precision, and says so where another is asked for.
func TestPrecisionOnTheProcessor(t *testing.T) {
	line, model, _ := fixtures(t)
	photo := filepath.Join(line, "test", "good")
	for precision, note := range map[string]string{"f32": "", "bf16": "--precision bf16 is for GPUs; the processor computes in single precision"} {
		code, _, said := cli(t, "detect", model, photo, "--device", "cpu", "--precision", precision)
		require.Equal(t, exitOK, code, said)
		if note == "" {
			require.NotContains(t, said, "--precision")
		} else {
			require.Contains(t, said, note)
		}
	}
}

// scoreColumn reads the scores of a table that detect printed.
func scoreColumn(t *testing.T, table string) []float64 {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	require.NoError(t, err)
	column := slices.Index(rows[0], "raw")
	require.GreaterOrEqual(t, column, 0, "columns %v", rows[0])
	var scores []float64
	for _, row := range rows[1:] {
		v, err := strconv.ParseFloat(row[column], 64)
		require.NoError(t, err)
		scores = append(scores, v)
	}
	return scores
}

func TestWrongResultsAreNoticed(t *testing.T) {
	b, err := cpu.Default()
	require.NoError(t, err)
	bad, err := selfTest(b, b, 1, selfTestTolerance)
	require.NoError(t, err)
	require.Empty(t, bad)
	bad, err = selfTest(deaf{b}, b, 1, selfTestTolerance)
	require.NoError(t, err)
	require.Len(t, bad, 1)
	require.Contains(t, bad[0], "MatMul")
	_, err = selfTest(lost{b}, b, 1, selfTestTolerance)
	require.ErrorContains(t, err, "gone")
}

// deaf computes no matrix products.
type deaf struct{ kernels.Backend }

func (d deaf) MatMul(y, _, _ kernels.Buffer, _ kernels.MatMulShape) { d.Fill(y, 0) }

// lost is a device that fails.
type lost struct{ kernels.Backend }

func (lost) MatMul(_, _, _ kernels.Buffer, _ kernels.MatMulShape) {
	panic(&kernels.Failure{Backend: "lost", Op: "MatMul", Err: errors.New("the device is gone")})
}

// auto says in one short line what computes and why it is not a GPU.
func TestAutoWithoutGPU(t *testing.T) {
	if standin.Real() {
		t.Skip("there is a GPU here")
	}
	line, model, _ := fixtures(t)
	t.Setenv("STANDIN_NO_DEVICE", "1")
	_, said := onStandIn(t, "detect", model, filepath.Join(line, "test", "good"))
	require.Regexp(t, `(?m)^computing on cpu/\S+; no GPU: the driver sees none \(see trustmae doctor\)$`, said)
}
