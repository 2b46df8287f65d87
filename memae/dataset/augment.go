package dataset

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Rotations and fills of Augment.
const (
	RotateNone = "none"
	// RotateK90 turns by a random multiple of 90°.
	RotateK90 = "k90"
	// rotateDegrees is the prefix of "deg:x".
	rotateDegrees = "deg:"
	// FillReflect mirrors the photo at its border.
	FillReflect = "reflect"
)

// Augment changes training photos at random. The zero value changes nothing.
type Augment struct {
	// FlipH and FlipV allow mirroring left-right and top-bottom, each with
	// probability ½.
	FlipH bool `json:"flip_h"`
	FlipV bool `json:"flip_v"`
	// Rotate is RotateNone, RotateK90, or "deg:x" for an angle drawn uniformly
	// from [-x,x] degrees, 0 < x ≤ 180. "" means RotateNone. RotateK90 keeps
	// the size: a photo that is not square is turned by 0° or 180°.
	Rotate string `json:"rotate"`
	// Fill says what "deg:x" shows beyond the border: FillReflect. "" means the
	// same.
	Fill string `json:"fill"`
}

// Validate reports options that do not exist.
func (a Augment) Validate() error {
	if _, err := a.degrees(); err != nil {
		return fmt.Errorf("dataset: augmentation: %w", err)
	}
	if a.Fill != "" && a.Fill != FillReflect {
		return fmt.Errorf("dataset: augmentation: fill %q is unknown: use %s", a.Fill, FillReflect)
	}
	return nil
}

// degrees returns the bound of a free rotation, and 0 for the other kinds.
func (a Augment) degrees() (float64, error) {
	switch a.Rotate {
	case "", RotateNone, RotateK90:
		return 0, nil
	}
	text, ok := strings.CutPrefix(a.Rotate, rotateDegrees)
	if !ok {
		return 0, fmt.Errorf("rotation %q is unknown: use %s, %s or deg:x", a.Rotate, RotateNone, RotateK90)
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(x > 0 && x <= 180) {
		return 0, errors.New("rotation " + strconv.Quote(a.Rotate) + " has no angle above 0 and up to 180 degrees: write it like deg:10")
	}
	return x, nil
}

// Rand returns the generator for photo index in an epoch: augmentation depends
// on these three numbers alone, not on the order in which photos are decoded.
func Rand(seed uint64, epoch, index int) *rand.Rand {
	return rand.New(rand.NewPCG(mix(seed), mix(uint64(epoch)<<32|uint64(uint32(index)))))
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014). It spreads
// seeds that differ in one bit over the whole state.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Turn is one draw of an augmentation: a photo is mirrored left-right, then
// top-bottom, then turned counter-clockwise, by quarters of a circle or by Degrees.
type Turn struct {
	FlipH, FlipV bool
	Quarters     int // 0 to 3
	Degrees      float64
}

// Draw returns the change of a photo, square or not, drawing from rng a number of
// values that depends on the options only. It panics on options that Validate
// reports.
func (a Augment) Draw(rng *rand.Rand, square bool) Turn {
	degrees, err := a.degrees()
	if err != nil {
		panic("dataset.Augment.Draw: " + err.Error())
	}
	var t Turn
	t.FlipH = a.FlipH && rng.Uint64()&1 == 1
	t.FlipV = a.FlipV && rng.Uint64()&1 == 1
	switch {
	case a.Rotate == RotateK90:
		t.Quarters = int(rng.Uint64() & 3)
		if !square {
			t.Quarters &= 2
		}
	case degrees > 0:
		t.Degrees = degrees * (2*rng.Float64() - 1)
	}
	return t
}

// Apply returns a changed photo. The argument is not modified, but returned itself
// where there is nothing to change. Quarters that are odd exchange its sides.
func (t Turn) Apply(img Image) Image {
	checkImage("Turn.Apply", img)
	if t.FlipH {
		img = flipH(img)
	}
	if t.FlipV {
		img = flipV(img)
	}
	if t.Degrees != 0 {
		return rotate(img, t.Degrees)
	}
	return rot90(img, t.Quarters)
}

// Apply is Draw followed by the turn's Apply; the photo keeps its size.
func (a Augment) Apply(img Image, rng *rand.Rand) Image {
	return a.Draw(rng, img.Width == img.Height).Apply(img)
}

// rotate turns counter-clockwise about the centre, sampling bilinearly and
// mirroring the photo at its border.
func rotate(img Image, degrees float64) Image {
	out := NewImage(img.Width, img.Height)
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	cx, cy := float64(img.Width-1)/2, float64(img.Height-1)/2
	for y := range img.Height {
		for x := range img.Width {
			dx, dy := float64(x)-cx, float64(y)-cy
			// The y axis points down: this is the clockwise turn back to
			// where the pixel comes from.
			fx, fy := cx+cos*dx-sin*dy, cy+sin*dx+cos*dy
			x0, y0 := math.Floor(fx), math.Floor(fy)
			wx, wy := float32(fx-x0), float32(fy-y0)
			xa, xb := mirror(int(x0), img.Width), mirror(int(x0)+1, img.Width)
			ya, yb := mirror(int(y0), img.Height)*img.Width, mirror(int(y0)+1, img.Height)*img.Width
			for c := range 3 {
				p := img.Plane(c)
				top := p[ya+xa] + wx*(p[ya+xb]-p[ya+xa])
				bottom := p[yb+xa] + wx*(p[yb+xb]-p[yb+xa])
				out.Plane(c)[y*img.Width+x] = top + wy*(bottom-top)
			}
		}
	}
	return out
}

// mirror folds i into [0,n) without repeating the border (numpy's "reflect").
func mirror(i, n int) int {
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	i = ((i % period) + period) % period
	return min(i, period-i)
}
