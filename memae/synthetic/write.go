package synthetic

import (
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/org/trustmae/internal/atomicfile"
)

// ContaminationFile is the name of the list of defective training photos, with
// the columns file (path below the data set's folder) and kind.
const ContaminationFile = "contamination.csv"

// job is one photo to be made, and where it goes; paths are slash-separated and
// relative to the data set's folder.
type job struct {
	index int
	kind  Kind
	photo string
	truth string // "" where the layout has no mask
}

// Write makes a whole data set below dir, in the layout of MVTec AD:
//
//	train/good/000.png …              good and defective photos, shuffled
//	test/good/000.png …
//	test/KIND/000.png …               one folder for each of [Kinds]
//	ground_truth/KIND/000_mask.png …  255 on the defect, 0 elsewhere
//	contamination.csv                 which training photos are defective
//
// No part is shown twice. Training and test defects take the kinds in turn. The
// names in train/good do not tell defective photos from good ones, and the list
// lies outside train, where no loader of photos looks.
//
// Write creates dir where it is missing, and returns an error wrapping
// [fs.ErrExist] when it already holds a train, test or ground_truth folder,
// since photos left from another set would mix in.
func Write(dir string, o Options) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	for _, name := range []string{"train", "test", "ground_truth"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("synthetic: %s already holds %q: %w; remove it or give a new folder", dir, name, fs.ErrExist)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("synthetic: look into the output folder: %w", err)
		}
	}
	jobs := layout(o)
	if err := makeFolders(dir, jobs); err != nil {
		return err
	}
	if err := writeAll(dir, o, jobs); err != nil {
		return err
	}
	return writeContamination(dir, jobs)
}

// layout lists the photos of a data set, each of another part.
func layout(o Options) []job {
	kinds := Kinds()
	train := make([]job, o.TrainGood+o.TrainDefective)
	for i := range train {
		train[i] = job{index: i, kind: Good}
		if d := i - o.TrainGood; d >= 0 {
			train[i].kind = kinds[d%len(kinds)]
		}
	}
	r := rand.New(rand.NewPCG(o.Seed, hash(o.Seed, 0, 2)))
	r.Shuffle(len(train), func(i, j int) { train[i], train[j] = train[j], train[i] })
	for i := range train {
		train[i].photo = fmt.Sprintf("train/good/%03d.png", i)
	}

	jobs := train
	for i := range o.TestGood {
		jobs = append(jobs, job{index: len(jobs), kind: Good, photo: fmt.Sprintf("test/good/%03d.png", i)})
	}
	for i := range o.TestDefective {
		kind, n := kinds[i%len(kinds)], i/len(kinds)
		jobs = append(jobs, job{
			index: len(jobs),
			kind:  kind,
			photo: fmt.Sprintf("test/%s/%03d.png", kind, n),
			truth: fmt.Sprintf("ground_truth/%s/%03d_mask.png", kind, n),
		})
	}
	return jobs
}

func makeFolders(dir string, jobs []job) error {
	made := map[string]bool{}
	for _, j := range jobs {
		for _, name := range []string{j.photo, j.truth} {
			folder := path.Dir(name)
			if name == "" || made[folder] {
				continue
			}
			made[folder] = true
			if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(folder)), 0o777); err != nil {
				return fmt.Errorf("synthetic: make the output folder: %w; choose one that you can write to", err)
			}
		}
	}
	return nil
}

// writeAll makes the photos on all processors and returns the first error.
func writeAll(dir string, o Options, jobs []job) error {
	todo := make(chan job)
	failed := make([]error, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for w := range failed {
		wg.Go(func() {
			for j := range todo {
				if failed[w] == nil {
					failed[w] = j.write(dir, o)
				}
			}
		})
	}
	for _, j := range jobs {
		todo <- j
	}
	close(todo)
	wg.Wait()
	return errors.Join(failed...)
}

func (j job) write(dir string, o Options) error {
	s, err := generate(o, j.index, j.kind)
	if err != nil {
		return err
	}
	if err := writePNG(filepath.Join(dir, filepath.FromSlash(j.photo)), s.Photo); err != nil {
		return err
	}
	if j.truth == "" {
		return nil
	}
	return writePNG(filepath.Join(dir, filepath.FromSlash(j.truth)), s.Truth)
}

func writePNG(name string, img image.Image) error {
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	err := atomicfile.WriteFile(name, func(w io.Writer) error { return encoder.Encode(w, img) })
	if err != nil {
		return fmt.Errorf("synthetic: %w", err)
	}
	return nil
}

func writeContamination(dir string, jobs []job) error {
	name := filepath.Join(dir, ContaminationFile)
	err := atomicfile.WriteFile(name, func(w io.Writer) error {
		out := csv.NewWriter(w)
		rows := [][]string{{"file", "kind"}}
		for _, j := range jobs {
			if j.kind != Good && path.Dir(j.photo) == "train/good" {
				rows = append(rows, []string{j.photo, string(j.kind)})
			}
		}
		return out.WriteAll(rows)
	})
	if err != nil {
		return fmt.Errorf("synthetic: %w", err)
	}
	return nil
}
