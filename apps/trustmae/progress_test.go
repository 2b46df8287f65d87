package main

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/memae"
)

// The first step counts in the speed with the time that it took, which had passed
// when it was told.
func TestSpeedAfterOneStep(t *testing.T) {
	var stderr bytes.Buffer
	c := memae.DefaultConfig()
	c.Epochs = 3
	m := newMonitor(&session{stderr: &stderr}, filepath.Join(t.TempDir(), "log.csv"), c, 100)
	m.step(memae.StepStats{Epoch: 2, Epochs: 3, Step: 1, Steps: 1, Photos: 100, Seconds: 50})
	m.epoch(memae.EpochStats{Epoch: 2, Epochs: 3, Steps: 1, Seconds: 50})
	m.finish()
	require.Contains(t, stderr.String(), "200/300 images, 2.0 images/s, 50s left")
}
