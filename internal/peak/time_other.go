//go:build !unix

package peak

import "time"

// processorTime is not known.
func processorTime() (t time.Duration, known bool) { return 0, false }
