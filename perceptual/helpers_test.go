package perceptual

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
)

func backend(t testing.TB) kernels.Backend {
	t.Helper()
	b, err := cpu.Default()
	require.NoError(t, err)
	return b
}

// randomWeights are the weights that testdata/make_golden.py uses.
func randomWeights(t testing.TB) *Weights {
	t.Helper()
	w := RandomWeights(1)
	return w
}

// uniform is make_golden.py's generator.
func uniform(seed uint32, bound float64, shape ...int) []float32 {
	n := 1
	for _, d := range shape {
		n *= d
	}
	values := make([]float32, n)
	fillUniform(values, seed, bound)
	return values
}

// pair returns make_golden.py's images, the second one differentiable.
func pair(tape *autograd.Tape, h, w int) (x, y *autograd.Tensor) {
	return tape.Input(uniform(77, 1, 2, 3, h, w), 2, 3, h, w), tape.Variable(uniform(95, 1, 2, 3, h, w), 2, 3, h, w)
}

// requireNear compares within tol relative to want or scale, whichever is
// larger; NaN fails.
func requireNear(t *testing.T, want, got, tol, scale float64, what string, args ...any) {
	t.Helper()
	limit := tol * max(math.Abs(want), scale)
	if !(math.Abs(got-want) <= limit) {
		t.Fatalf("%s: got %.9g, want %.9g, difference %.3g, allowed %.3g", fmt.Sprintf(what, args...), got, want, got-want, limit)
	}
}

// length is the Euclidean norm.
func length(values []float32) float64 {
	sum := 0.
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

func mean(values []float32) float64 {
	sum := 0.
	for _, v := range values {
		sum += float64(v)
	}
	return sum / float64(len(values))
}

// sharedWeights returns the folder of pre-trained weights or skips the test.
func sharedWeights(t testing.TB) string {
	t.Helper()
	root := os.Getenv("TRUSTMAE_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	dir := filepath.Join(root, "weights")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no pre-trained weights: %v", err)
	}
	return dir
}
