package dataset

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOpenCSV(t *testing.T) {
	root := t.TempDir()
	for i, rel := range []string{"img/a.png", "img/b.png", "img/c.png", "img/d.png", "masks/d.png", "img/e.png"} {
		write(t, root, rel, photoBytes(t, uint8(i)))
	}
	write(t, root, "img/text.png", []byte("text"))
	table := write(t, root, "photos.csv", []byte("\ufeffPath;label;Mask;split\r\n"+
		"img/c.png;;;\r\n"+
		"img/a.png;OK;;train\r\n"+
		`img\b.png;good;;test`+"\r\n"+
		"img/d.png;defective;masks/d.png;test\r\n"+
		"img/a.png;;;\r\n"+
		"img/gone.png;;;\r\n"+
		"img/text.png;;;\r\n"+
		"img/e.png;1;masks/none.png;test\r\n"))
	f, err := Open(table)
	require.NoError(t, err)
	at := func(rel string) string { return filepath.Join(root, filepath.FromSlash(rel)) }
	require.Equal(t, &Folder{
		Root: root, Layout: CSV,
		Train: []Sample{{at("img/a.png"), "img/a.png", Good, "good", ""}, {at("img/c.png"), "img/c.png", Unlabelled, "", ""}},
		Test: []Sample{
			{at("img/b.png"), "img/b.png", Good, "good", ""},
			{at("img/d.png"), "img/d.png", Defective, "defective", at("masks/d.png")},
		},
		Skipped: []Skip{
			{at("img/a.png"), "line 6 lists the photo again, after line 3"},
			{at("img/e.png"), "line 9: mask " + at("masks/none.png") + ": no such file or directory"},
			{at("img/gone.png"), "line 7: no such file or directory"},
			{at("img/text.png"), "line 8: the file is no image: photos must be PNG, JPEG, BMP or TIFF"},
		},
	}, f)
}

func TestParseCSVKinds(t *testing.T) {
	rows, err := parseCSV(strings.NewReader("kind,path,label\nscratch,a,\ngood,b,\n,c,bad\n,d,\nGood,e,good\ndent,f,1\n"))
	require.NoError(t, err)
	require.Equal(t, []csvRow{
		{line: 2, path: "a", kind: "scratch", label: Defective},
		{line: 3, path: "b", kind: "good", label: Good},
		{line: 4, path: "c", kind: "defective", label: Defective},
		{line: 5, path: "d"},
		{line: 6, path: "e", kind: "good", label: Good},
		{line: 7, path: "f", kind: "dent", label: Defective},
	}, rows)
}

func TestParseCSVErrors(t *testing.T) {
	for name, c := range map[string]struct{ table, want string }{
		"empty":         {"", "its first line must name the columns (path, label, kind, mask, split)"},
		"no header":     {"a.png,good\n", `names a column "a.png"`},
		"typo":          {"path,lable\n", `names a column "lable": known columns are path, label`},
		"twice":         {"path,path\n", `names the column "path" twice`},
		"no path":       {"label\n", `names no column "path"`},
		"empty path":    {"path,label\n ,good\n", "line 2: the path is empty"},
		"label":         {"path,label\na,perfect\n", `line 2: label "perfect" is unknown: write good, defective or nothing`},
		"split":         {"path,split\na,train\nb,val\n", `line 3: split "val" is unknown`},
		"contradiction": {"path,label,kind\na,good,scratch\n", `line 2: label good contradicts kind "scratch"`},
		"mask of good":  {"path,label,mask\na,good,m\n", "line 2: only defective photos can have a mask"},
		"fields":        {"path,label\na\n", "wrong number of fields"},
		"quote":         {"path\n\"a\n", "line 2"},
	} {
		_, err := parseCSV(strings.NewReader(c.table))
		require.ErrorContains(t, err, c.want, name)
	}
	root := t.TempDir()
	_, err := Open(write(t, root, "t.csv", []byte("path\ngone.png\n")))
	require.ErrorIs(t, err, ErrEmpty)
	require.ErrorContains(t, err, "line 2: no such file or directory")
}

func FuzzParseCSV(f *testing.F) {
	f.Add("path,label,kind,mask,split\na.png,bad,scratch,m.png,test\n")
	f.Add("\ufeffpath;label\n\"a;b\";ok\n")
	f.Add("split\tpath\ntrain\tc\\d.png\n")
	f.Fuzz(func(t *testing.T, table string) {
		rows, err := parseCSV(strings.NewReader(table))
		if err != nil {
			return
		}
		line := 1
		for _, row := range rows {
			require.NotEmpty(t, row.path)
			require.Greater(t, row.line, line)
			line = row.line
			require.Equal(t, row.label == Good, row.kind == kindGood)
			require.Equal(t, row.label == Unlabelled, row.kind == "")
			require.True(t, row.mask == "" || row.label == Defective)
		}
	})
}
