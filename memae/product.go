package memae

import (
	"fmt"
	"strings"

	"github.com/org/trustmae/memae/dataset"
)

// Product is one of the products that a joint model knows.
type Product struct {
	Name   string          `json:"name"`
	Photos int             `json:"photos"`          // training photos
	Noise  *dataset.Record `json:"noise,omitempty"` // of the noise protocol's split; may be nil
}

// Product returns a view of a joint model: its Score, its thresholds and the noise
// record in its Provenance are those of the product of that name. Everything else
// is shared, thresholds that the view sets included, so that saving any view saves
// the model. A name that the model does not know is an error that lists those it
// does.
func (d *TrustMAE) Product(name string) (*TrustMAE, error) {
	var known []string
	for class, p := range d.provenance.Products {
		if p.Name == name {
			return d.view(class), nil
		}
		known = append(known, p.Name)
	}
	if known == nil {
		return nil, fmt.Errorf("memae: product %q: the model knows one product only, which has no name", name)
	}
	return nil, fmt.Errorf("memae: product %q is unknown; the model knows %s", name, strings.Join(known, ", "))
}

// view is the model as seen by the product of a class.
func (d *TrustMAE) view(class int) *TrustMAE {
	v := *d
	v.class = class
	return &v
}

// current is the calibration of the product that d is a view of.
func (d *TrustMAE) current() *Calibration { return &d.calibrations[d.class] }

// checkClasses refuses training photos of products that the configuration has no
// room for, and products of too few photos to set a threshold from.
func (c Config) checkClasses(data Data) error {
	counts := make([]int, c.Generator.Classes)
	for i := range data.Len() {
		class := data.Class(i)
		if class < 0 || class >= len(counts) {
			return fmt.Errorf("memae: training photo %d is of product %d, want below generator.classes (%d)", i, class, len(counts))
		}
		counts[class]++
	}
	for class, n := range counts {
		if n < 2 {
			return fmt.Errorf("memae: %d training photos of product %d, want at least 2", n, class)
		}
	}
	return nil
}
