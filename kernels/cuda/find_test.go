package cuda

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

func TestReason(t *testing.T) {
	for want, err := range map[string]error{
		"built without CUDA":   ErrNotBuilt,
		"no CUDA driver":       &driver.NotFound{Library: "libcuda.so.1", What: "no CUDA driver"},
		"the driver sees none": driver.ErrNoDevice,
		"cuInit fails":         &driver.Error{Call: "cuInit", Code: 999},
		"it cannot be used":    errors.New("device 7, want 0 to 1"),
	} {
		require.Equal(t, want, Reason(fmt.Errorf("cuda: %w", err)))
	}
}

func TestNoDeviceInTheDriversWords(t *testing.T) {
	require.Equal(t, "the driver sees none", Reason(&driver.Error{Call: "cuInit", Code: 100, Name: "CUDA_ERROR_NO_DEVICE"}))
}
