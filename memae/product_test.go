package memae

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/trustmae/memae/dataset"
)

func TestJointModelTrainsSeveralProducts(t *testing.T) {
	c := tinyConfig()
	c.Scope, c.Generator.Classes = "joint", 2
	o := Options{Backend: backend(t), Products: []Product{{Name: "nut", Photos: 5}, {Name: "bolt", Photos: 6, Noise: &dataset.Record{}}}}
	d := fit(t, c, o, Join(shapes{5, -1}, shapes{6, -1}))
	img, _ := shapes{}.Image(1)
	for class := range 2 {
		if _, err := d.ScoreClass(context.Background(), []dataset.Image{img}, class); err != nil {
			t.Error(err)
		}
	}
	if _, err := d.ScoreClass(context.Background(), []dataset.Image{img}, 2); err == nil {
		t.Error("a third product is accepted")
	}
	if len(d.Suspects()) != 11 {
		t.Errorf("%d suspects, want all 11 photos", len(d.Suspects()))
	}

	bolt, err := d.Product("bolt")
	if err != nil {
		t.Fatal(err)
	}
	if err := bolt.CalibrateBudget([]float64{1, 2, 3}, 0.5); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "m.safetensors")
	if err := bolt.Save(path); err != nil {
		t.Fatal(err)
	}
	opened, err := Open(path, backend(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]*TrustMAE{"nut": d, "bolt": bolt} {
		got, err := opened.Product(name)
		if err != nil {
			t.Fatal(err)
		}
		if got.Calibration() != want.Calibration() || (got.Provenance().Noise == nil) != (name == "nut") {
			t.Errorf("%s: calibration %+v, want %+v; noise %v", name, got.Calibration(), want.Calibration(), got.Provenance().Noise)
		}
		scored, err := got.Score(context.Background(), []dataset.Image{img})
		if err != nil {
			t.Fatal(err)
		}
		if r := scored[0]; r.Defective != (r.Raw > want.Calibration().Threshold) {
			t.Errorf("%s: verdict %v of score %v against threshold %v", name, r.Defective, r.Raw, want.Calibration().Threshold)
		}
	}
	if d.Calibration().Rule != "robust" || bolt.Calibration().Rule != "budget" {
		t.Errorf("rules %q and %q, want robust for nut and budget for bolt", d.Calibration().Rule, bolt.Calibration().Rule)
	}
	if _, err := opened.Product("screw"); err == nil || !strings.Contains(err.Error(), "nut, bolt") {
		t.Errorf("unknown product: error %v, want one that lists the known", err)
	}
}

func TestClassesOutsideTheConfiguration(t *testing.T) {
	c := tinyConfig()
	for name, tt := range map[string]struct {
		classes int
		data    Data
		want    string
	}{
		"too many products":   {1, Join(shapes{4, -1}, shapes{4, -1}), "want below generator.classes (1)"},
		"a product too few":   {2, Join(shapes{4, -1}), "0 training photos of product 1"},
		"one photo of a kind": {2, Join(shapes{4, -1}, shapes{1, -1}), "1 training photos of product 1"},
	} {
		c.Scope, c.Generator.Classes = "joint", tt.classes
		d, err := New(c, Options{Backend: backend(t)})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Fit(context.Background(), tt.data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", name, err, tt.want)
		}
	}
}
