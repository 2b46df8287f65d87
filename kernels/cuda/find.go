package cuda

import (
	"errors"

	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// Device describes a GPU.
type Device = driver.Device

// Library is a shared library that was found.
type Library = driver.Library

// Found is what a machine has of CUDA.
type Found struct {
	Libraries []Library
	Devices   []Device
	Missing   []error // what keeps a backend from being opened; each says what to do
	Absent    []error // libraries that a backend does without
}

// Find looks for libraries and devices, without making a device ready.
func Find() Found {
	var f Found
	note := func(l interface{ Library() Library }, err error) bool {
		if err != nil {
			f.Missing = append(f.Missing, err)
			return false
		}
		f.Libraries = append(f.Libraries, l.Library())
		return true
	}
	d, err := driver.Open()
	if note(d, err) {
		if f.Devices, err = d.Devices(); err != nil {
			f.Missing = append(f.Missing, err)
		}
	}
	if err != driver.ErrNotBuilt { // which was said once
		c, err := driver.OpenCompiler()
		note(c, err)
		if dnn, err := driver.OpenDNN(); err != nil {
			f.Absent = append(f.Absent, err)
		} else {
			f.Libraries = append(f.Libraries, dnn.Library())
		}
		if blas, err := driver.OpenBLAS(); err != nil {
			f.Absent = append(f.Absent, err)
		} else {
			f.Libraries = append(f.Libraries, blas.Library())
		}
	}
	return f
}

// Reason is in a few words why [Open] failed; the error itself says what to do.
func Reason(err error) string {
	var missing *driver.NotFound
	var failed *driver.Error
	switch {
	case errors.Is(err, ErrNotBuilt):
		return "built without CUDA"
	case errors.As(err, &missing):
		return missing.What
	case errors.Is(err, driver.ErrNoDevice):
		return "the driver sees none"
	case errors.As(err, &failed):
		return failed.Call + " fails"
	}
	return "it cannot be used"
}
