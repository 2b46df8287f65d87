package main

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"path/filepath"

	"github.com/org/trustmae/internal/atomicfile"
	"github.com/org/trustmae/memae/dataset"
	"github.com/org/trustmae/memae/heatmap"
)

//go:embed demoreport.html
var reportHTML string

var reportTemplate = template.Must(template.New("report").Parse(reportHTML))

// How many pictures the report shows.
const (
	shownOfKind  = 2  // test photos of each kind
	shownHidden  = 24 // training photos, most suspicious first
	pictureScale = 2  // pixels of a picture for one of the map
)

// reportPage is what the template needs.
type reportPage struct {
	Version, Command    string
	Photos, Hidden      int
	Seconds             string
	Threads             string
	Headline            []namedFigure
	Figures             []namedFigure
	Found               string
	Strips              []strip
	Examples            []example
	Suspects            []suspectPicture
	Config              string
	Warnings            []string
	PlotHeight, AxisTop int
	Axis                []tick
	ThresholdX          float64
}

// example is one test photo with all that was found.
type example struct {
	Name, Kind, Verdict               string
	Wrong                             bool
	Score                             string
	Input, Reconstruction, Map, Truth template.URL
}

type suspectPicture struct {
	Rank    int
	Name    string
	Kind    string // of the defect, "" on a good part
	Score   string
	Picture template.URL
}

// writeReport writes one HTML file that needs no other.
func (r *demoResult) writeReport(path string) error {
	page, err := r.page()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := reportTemplate.Execute(&b, page); err != nil {
		return fmt.Errorf("make the report: %w", err)
	}
	return atomicfile.WriteBytes(path, b.Bytes())
}

func (r *demoResult) page() (*reportPage, error) {
	d, cal := r.demo, r.detector.Calibration()
	config, err := json.MarshalIndent(r.detector.Config(), "", "  ")
	if err != nil {
		return nil, err
	}
	page := &reportPage{
		Version: version(), Command: fmt.Sprintf("trustmae demo --seed %d", d.config.Seed),
		Photos: r.detector.Provenance().Photos, Hidden: len(r.hidden), Seconds: fmt.Sprintf("%.0f s", r.seconds), Threads: d.backend.Name(),
		Headline: []namedFigure{
			{"image AUROC", share(r.report.AUROC)},
			{"pixel AUROC", share(r.report.PixelAUROC)},
			{"AUPRO", share(r.report.AUPRO)},
			{"defects in training, estimated", fmt.Sprintf("%.0f %%", 100*cal.DefectShare)},
		},
		Figures: r.report.figures(), Found: r.hiddenFound(),
		Config: string(config), Warnings: r.detector.Warnings(),
	}
	r.plot(page)
	if page.Examples, err = r.examples(); err != nil {
		return nil, err
	}
	page.Suspects, err = r.suspectPictures()
	return page, err
}

// examples shows the first photos of each kind, good ones last.
func (r *demoResult) examples() ([]example, error) {
	shown := map[string]int{}
	var defective, good []example
	for i, s := range r.set.samples {
		if shown[s.Kind] == shownOfKind {
			continue
		}
		shown[s.Kind]++
		e, err := r.example(i)
		if err != nil {
			return nil, err
		}
		if s.Label == dataset.Good {
			good = append(good, e)
		} else {
			defective = append(defective, e)
		}
	}
	return append(defective, good...), nil
}

func (r *demoResult) example(i int) (example, error) {
	s, result := r.set.samples[i], r.results[i]
	photo, err := dataset.LoadResized(s.Path, result.Width*pictureScale, result.Height*pictureScale)
	if err != nil {
		return example{}, err
	}
	scale := newScale(r.detector.Calibration())
	amap := heatmap.Map{Width: result.Width, Height: result.Height, Scores: result.Map}
	truth := heatmap.Photo(photo).Image()
	if s.Mask != "" {
		mask, err := dataset.LoadMask(s.Mask, photo.Width, photo.Height)
		if err != nil {
			return example{}, err
		}
		heatmap.Contour(truth, mask, photo.Width, photo.Height, 1, heatmap.TruthColor)
	}
	heatmap.Contour(truth, result.Mask, result.Width, result.Height, 1, heatmap.PredictionColor)
	e := example{
		Name: s.Rel, Kind: s.Kind, Verdict: verdict(result.Defective), Score: fmt.Sprintf("%.3f", result.Normalised),
		Wrong: result.Defective != (s.Label == dataset.Defective),
	}
	for _, p := range []struct {
		to  *template.URL
		img image.Image
	}{
		{&e.Input, heatmap.Photo(photo).Image()},
		{&e.Reconstruction, heatmap.Photo(dataset.Resize(result.Reconstruction, photo.Width, photo.Height)).Image()},
		{&e.Map, heatmap.Heat(amap.Resize(photo.Width, photo.Height), 0, scale.high, heatmap.Inferno)},
		{&e.Truth, truth},
	} {
		if *p.to, err = dataURI(p.img); err != nil {
			return example{}, err
		}
	}
	return e, nil
}

// suspectPictures shows the most suspicious training photos.
func (r *demoResult) suspectPictures() ([]suspectPicture, error) {
	var out []suspectPicture
	size := r.detector.Config().Size
	for i, p := range r.suspects[:min(shownHidden, len(r.suspects))] {
		photo, err := dataset.LoadResized(filepath.Join(r.demo.path(demoPhotos), filepath.FromSlash(p.Name)), size, size)
		if err != nil {
			return nil, err
		}
		picture, err := dataURI(heatmap.Photo(photo).Image())
		if err != nil {
			return nil, err
		}
		out = append(out, suspectPicture{i + 1, p.Name, r.hidden[p.Name], fmt.Sprintf("%.3f", p.Normalised), picture})
	}
	return out, nil
}

// dataURI holds a picture within the page.
func dataURI(img image.Image) (template.URL, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return "", err
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}
