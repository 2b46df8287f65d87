package dataset

import "fmt"

// Label says what is known about a photo.
type Label int8

const (
	// Unlabelled photos may be good or defective.
	Unlabelled Label = iota
	// Good photos show a faultless product.
	Good
	// Defective photos show a product with a defect.
	Defective
)

var labelNames = [...]string{Unlabelled: "unlabelled", Good: "good", Defective: "defective"}

// String returns "unlabelled", "good" or "defective".
func (l Label) String() string {
	if l < 0 || int(l) >= len(labelNames) {
		return fmt.Sprintf("Label(%d)", int8(l))
	}
	return labelNames[l]
}

// MarshalText writes the label as its String.
func (l Label) MarshalText() ([]byte, error) {
	if l < 0 || int(l) >= len(labelNames) {
		return nil, fmt.Errorf("dataset: label %d does not exist: use unlabelled, good or defective", int8(l))
	}
	return []byte(labelNames[l]), nil
}

// UnmarshalText reads what MarshalText writes.
func (l *Label) UnmarshalText(text []byte) error {
	for i, name := range labelNames {
		if name == string(text) {
			*l = Label(i)
			return nil
		}
	}
	return fmt.Errorf("dataset: label %q does not exist: use unlabelled, good or defective", text)
}

// Sample is one photo of a folder.
type Sample struct {
	// Path opens the file.
	Path string `json:"path"`
	// Rel is the slash-separated path relative to Folder.Root: the name under
	// which splits and reports know the photo.
	Rel string `json:"rel"`
	// Label is what the layout says about the photo.
	Label Label `json:"label"`
	// Kind is the type of defect, "good", or "" where nothing is known.
	Kind string `json:"kind,omitempty"`
	// Mask is the path of the ground-truth mask, or "".
	Mask string `json:"mask,omitempty"`
}

// Skip is a file that was passed over, and why.
type Skip struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Layout names the way a folder is organised.
type Layout string

// The layouts that Open understands.
const (
	MVTec Layout = "mvtec"
	Flat  Layout = "flat"
	CSV   Layout = "csv"
)

// kindGood is the folder name, and Kind, of faultless photos in MVTec AD.
const kindGood = "good"

// Folder is a listed set of photos. Train and Test are sorted by Rel, Skipped
// by path.
type Folder struct {
	// Root is the folder that Sample.Rel is relative to.
	Root    string   `json:"root"`
	Layout  Layout   `json:"layout"`
	Train   []Sample `json:"train"`
	Test    []Sample `json:"test"`
	Skipped []Skip   `json:"skipped"`
}
