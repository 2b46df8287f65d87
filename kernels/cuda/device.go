package cuda

import (
	"fmt"
	"sync"

	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// device is a GPU with its kernels, shared by all backends of the process.
type device struct {
	info      driver.Device
	context   driver.Context
	functions map[string]driver.Function
	staging   staging
	landings  landings
	pinned    pinnedPool
	choices   choices
	timer     [2]driver.Event // begin and end of what choices are made by
}

// devices are those in use.
var devices struct {
	sync.Mutex
	byIndex map[int]*device
}

// openDevice makes a device ready, once.
func openDevice(index int) (*device, error) {
	devices.Lock()
	defer devices.Unlock()
	if d := devices.byIndex[index]; d != nil {
		return d, nil
	}
	d, err := newDevice(index)
	if err != nil {
		return nil, err
	}
	if devices.byIndex == nil {
		devices.byIndex = make(map[int]*device)
	}
	devices.byIndex[index] = d
	return d, nil
}

func newDevice(index int) (*device, error) {
	cuda, err := driver.Open()
	if err != nil {
		return nil, err
	}
	list, err := cuda.Devices()
	if err != nil {
		return nil, err
	}
	if index < 0 || index >= len(list) {
		return nil, fmt.Errorf("device %d, want 0 to %d", index, len(list)-1)
	}
	d := &device{info: list[index]}
	if d.context, err = cuda.Context(d.info); err != nil {
		return nil, err
	}
	if d.functions, err = loadKernels(d.context, d.info); err != nil {
		return nil, err
	}
	for i := range d.timer {
		if d.timer[i], err = d.context.NewEvent(); err != nil {
			return nil, err
		}
	}
	return d, d.staging.open(d.context)
}
