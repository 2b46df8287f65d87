package dataset

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// csvColumns are the known columns; only path is needed.
var csvColumns = []string{"path", "label", "kind", "mask", "split"}

// csvLabels maps the words for a label that are understood, in lower case.
var csvLabels = map[string]Label{
	"": Unlabelled, "unlabelled": Unlabelled, "unlabeled": Unlabelled, "unknown": Unlabelled,
	"good": Good, "ok": Good, "normal": Good, "0": Good,
	"defective": Defective, "defect": Defective, "bad": Defective, "nok": Defective, "ng": Defective,
	"anomaly": Defective, "anomalous": Defective, "1": Defective,
}

// csvRow is a line of a table, with paths as written but for slashes.
type csvRow struct {
	line             int
	path, mask, kind string
	label            Label
	test             bool
}

// openCSV reads the table at file. Files that are missing or no photos are
// skipped; a table that cannot be understood is an error.
func openCSV(file string) (*Folder, error) {
	in, err := openRegular(file)
	if err != nil {
		return nil, reason(err)
	}
	defer in.Close()
	rows, err := parseCSV(in)
	if err != nil {
		return nil, err
	}
	f := &Folder{Root: filepath.Dir(file), Layout: CSV}
	seen := make(map[string]int)
	for _, row := range rows {
		s := Sample{Label: row.label, Kind: row.kind}
		s.Path, s.Rel = f.resolve(row.path)
		if first, ok := seen[s.Path]; ok {
			f.skip(s.Path, fmt.Errorf("line %d lists the photo again, after line %d", row.line, first))
			continue
		}
		seen[s.Path] = row.line
		if row.mask != "" {
			s.Mask, _ = f.resolve(row.mask)
		}
		if err := checkRow(s); err != nil {
			f.skip(s.Path, fmt.Errorf("line %d: %w", row.line, err))
			continue
		}
		if row.test {
			f.Test = append(f.Test, s)
		} else {
			f.Train = append(f.Train, s)
		}
	}
	if len(f.Train)+len(f.Test) == 0 {
		return nil, f.emptyError()
	}
	return f, nil
}

// checkRow looks whether the photo, and its mask if it has one, are images.
func checkRow(s Sample) error {
	if _, err := sniffFile(s.Path); err != nil {
		return reason(err)
	}
	if s.Mask == "" {
		return nil
	}
	if _, err := sniffFile(s.Mask); err != nil {
		return fmt.Errorf("mask %s: %w", s.Mask, reason(err))
	}
	return nil
}

// resolve returns the path to open and the name relative to the root for a path
// of the table.
func (f *Folder) resolve(name string) (file, rel string) {
	file = filepath.FromSlash(name)
	if !filepath.IsAbs(file) {
		file = filepath.Join(f.Root, file)
	}
	rel, err := filepath.Rel(f.Root, file)
	if err != nil { // another volume: there is no relative name
		rel = file
	}
	return file, filepath.ToSlash(rel)
}

// parseCSV reads a table whose first line names the columns. Fields are
// separated by commas, semicolons or tabs, whichever the first line shows.
func parseCSV(r io.Reader) ([]csvRow, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	head, err := in.Peek(1 << 12)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bom := []byte("\ufeff"); bytes.HasPrefix(head, bom) { // as spreadsheets write it
		head = head[len(bom):]
		if _, err := in.Discard(len(bom)); err != nil {
			return nil, err
		}
	}
	table := csv.NewReader(in)
	table.Comma = separator(head)
	table.TrimLeadingSpace = true
	names, err := table.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the table is empty: its first line must name the columns (%s)", strings.Join(csvColumns, ", "))
	} else if err != nil {
		return nil, err
	}
	columns, err := parseHeader(names)
	if err != nil {
		return nil, err
	}
	var rows []csvRow
	for {
		fields, err := table.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, err
		}
		line, _ := table.FieldPos(0)
		row, err := parseRow(columns, fields)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		row.line = line
		rows = append(rows, row)
	}
}

// separator is the one of ",;\t" that is most frequent in the first line.
func separator(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', 0
	for _, r := range ",;\t" {
		if n := bytes.Count(line, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

// parseHeader maps column names to field numbers.
func parseHeader(names []string) (map[string]int, error) {
	columns := make(map[string]int)
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(csvColumns, name) {
			return nil, fmt.Errorf("the first line names a column %q: known columns are %s", name, strings.Join(csvColumns, ", "))
		}
		if _, ok := columns[name]; ok {
			return nil, fmt.Errorf("the first line names the column %q twice", name)
		}
		columns[name] = i
	}
	if _, ok := columns["path"]; !ok {
		return nil, errors.New(`the first line names no column "path"`)
	}
	return columns, nil
}

// parseRow reads one line.
func parseRow(columns map[string]int, fields []string) (csvRow, error) {
	get := func(name string) string {
		if i, ok := columns[name]; ok {
			return strings.TrimSpace(fields[i])
		}
		return ""
	}
	// Tables are written on Windows as well; a backslash within a name is not
	// worth losing them.
	slashes := func(s string) string { return strings.ReplaceAll(s, `\`, "/") }
	row := csvRow{path: slashes(get("path")), mask: slashes(get("mask")), kind: get("kind")}
	if row.path == "" {
		return row, errors.New("the path is empty")
	}
	label, ok := csvLabels[strings.ToLower(get("label"))]
	if !ok {
		return row, fmt.Errorf("label %q is unknown: write good, defective or nothing", get("label"))
	}
	row.label = label
	switch split := strings.ToLower(get("split")); split {
	case "", dirTrain:
	case dirTest:
		row.test = true
	default:
		return row, fmt.Errorf("split %q is unknown: write train, test or nothing", split)
	}
	return row, row.settleKind()
}

// settleKind makes label and kind agree: each may be left out.
func (row *csvRow) settleKind() error {
	isGood := strings.EqualFold(row.kind, kindGood)
	switch {
	case row.kind != "" && row.label == Unlabelled:
		row.label = Defective
		if isGood {
			row.label = Good
		}
	case row.kind != "" && isGood != (row.label == Good):
		return fmt.Errorf("label %s contradicts kind %q", row.label, row.kind)
	case row.kind == "" && row.label != Unlabelled:
		row.kind = row.label.String()
	}
	if row.label == Good {
		row.kind = kindGood
	}
	if row.mask != "" && row.label != Defective {
		return errors.New("only defective photos can have a mask")
	}
	return nil
}
