package memae

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/org/trustmae/memae/dataset"
)

// reordered is data in another order.
type reordered struct {
	Data
	order []int
}

func (r reordered) Image(i int) (dataset.Image, error) { return r.Data.Image(r.order[i]) }

// A step is the one that Fit would take with the same photos.
func TestStepperStepsLikeFit(t *testing.T) {
	c := tinyConfig()
	c.Epochs, c.Memory.Init = 1, "normal"
	c.Augment = AugmentConfig{Rot: "none", Fill: "reflect"}
	data := shapes{4, -1}
	var want []Figure
	fit(t, c, Options{Backend: backend(t), Hooks: Hooks{Step: func(s StepStats) { want = s.Figures }}}, data)

	s, err := NewStepper(c, Options{Backend: backend(t)})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Step(reordered{data, c.order(4, 1)[0]})
	if err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("figures %v, want Fit's %v", got, want)
	}
}

func TestStepperInitialisesTheMemory(t *testing.T) {
	s, err := NewStepper(tinyConfig(), Options{Backend: backend(t)})
	if err != nil {
		t.Fatal(err)
	}
	before := s.Generator().Memory.Slots.Data()
	var rec [2]float64
	for i := range rec {
		figures, err := s.Step(shapes{4, -1})
		if err != nil {
			t.Fatal(err)
		}
		rec[i] = figures[slices.IndexFunc(figures, func(f Figure) bool { return f.Name == "rec" })].Value
	}
	if !(rec[1] < rec[0]) {
		t.Errorf("reconstruction loss of one batch goes from %v to %v, want it to fall", rec[0], rec[1])
	}
	// slots drawn near 0 by N(0, 0.02) become latents, of the scale of batch norms
	var change float64
	for i, v := range s.Generator().Memory.Slots.Data() {
		change = max(change, float64(v-before[i]))
	}
	if !(change > 0.1) {
		t.Errorf("slots changed by %v at most, want them set from latents", change)
	}
}

func TestStepperErrors(t *testing.T) {
	c := tinyConfig()
	s, err := NewStepper(c, Options{Backend: backend(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Step(shapes{1, -1}); err == nil || !strings.Contains(err.Error(), "want at least 2") {
		t.Errorf("one photo: %v", err)
	}
	var diverged *DivergedError
	if _, err := s.Step(shapes{2, 1}); !errors.As(err, &diverged) || diverged.Step != 1 {
		t.Errorf("a NaN pixel: %v, want a DivergedError in step 1", err)
	}
	c.Size = 32
	if _, err := NewStepper(c, Options{Backend: backend(t)}); !errors.Is(err, ErrConfig) {
		t.Errorf("size 32: %v, want ErrConfig", err)
	}
}
