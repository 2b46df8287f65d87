//go:build linux && cgo && !nocuda

package driver

/*
#include "calls.h"
*/
import "C"

import (
	"errors"
	"syscall"
)

// captureRelaxed lets other calls go on while a stream records, allocations
// among them.
const captureRelaxed = 2

// errNoGraphs is why the driver cannot record, nil where it can.
var errNoGraphs error

// Thread is the calling thread.
func Thread() int64 { return int64(syscall.Gettid()) }

// recorded is work that can be queued as a whole.
type recorded struct {
	context *context
	handle  C.CUgraphExec
}

func (s *stream) BeginCapture() error {
	if errNoGraphs != nil {
		return errNoGraphs
	}
	return check("cuStreamBeginCapture", C.call_cuStreamBeginCapture_v2(s.context.handle, s.handle, captureRelaxed))
}

func (s *stream) EndCapture() (Graph, error) {
	var graph C.CUgraph
	if err := check("cuStreamEndCapture", C.call_cuStreamEndCapture(s.context.handle, s.handle, &graph)); err != nil {
		return nil, err
	}
	r := &recorded{context: s.context}
	err := check("cuGraphInstantiate", C.call_cuGraphInstantiateWithFlags(s.context.handle, &r.handle, graph, 0))
	if err = errors.Join(err, check("cuGraphDestroy", C.call_cuGraphDestroy(s.context.handle, graph))); err != nil {
		return nil, err
	}
	return r, nil
}

func (s *stream) LaunchGraph(g Graph) error {
	return check("cuGraphLaunch", C.call_cuGraphLaunch(s.context.handle, g.(*recorded).handle, s.handle))
}

func (r *recorded) Close() error {
	return check("cuGraphExecDestroy", C.call_cuGraphExecDestroy(r.context.handle, r.handle))
}
