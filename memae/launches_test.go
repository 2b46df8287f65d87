package memae

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// stepLaunches is what a step of tinyConfig with averaged weights may launch of
// each kernel: one launch for a norm or its gradients, all tensors of an optimiser
// together, moving averages of parameters and of each norm too, and operations on
// values one by one joined between other work (244 of them). What is not here has no
// limit of its own.
var stepLaunches = map[string]int{
	"adam": 3, "blend": 1 + 16, "read_slots": 1, "mixture_grad": 1, "distance_grad": 1, "ssim": 1, "ssim_grad_maps": 1, "ssim_grad": 1, "filter_separable": 0, "norm_whole": 17, "norm_grad_whole": 17, "norm_sums": 0, "norm_grad_sums": 0, "elementwise": 84,
}

// mostLaunches is a limit on all of them.
const mostLaunches = 351

// checkLaunches compares the launches that the stand-in logged with the limits.
func checkLaunches(t *testing.T, log string) {
	t.Helper()
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	count, total := make(map[string]int), 0
	for name := range strings.Lines(string(text)) {
		count[strings.TrimSpace(name)]++
		total++
	}
	t.Logf("%d launches: %v", total, count)
	require.LessOrEqual(t, total, mostLaunches)
	for name, most := range stepLaunches {
		require.LessOrEqual(t, count[name], most, name)
	}
}
