package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// goldenTensors returns what testdata/make_golden.py wrote, before rounding.
func goldenTensors() ([]Tensor, map[string]string) {
	ramp := make([]float32, 24)
	for i := range ramp {
		ramp[i] = (float32(i) - 11.5) / 7
	}
	return []Tensor{ // in neither file nor name order
		{Name: "a.half", DType: F16, Shape: []int{6, 4}, Data: ramp},
		{Name: "scalar", Data: []float32{-0.1}},
		{Name: "empty", Shape: []int{0, 3}},
		{Name: "conv.weight", Shape: []int{2, 3, 2, 2}, Data: ramp},
		{Name: "brain", DType: BF16, Shape: []int{4, 6}, Data: ramp},
		{Name: "conv.bias", DType: F32, Shape: []int{4}, Data: ramp[:4]},
	}, map[string]string{"format": "pt", "note": `quote " <tag> ü`}
}

func read(data []byte) ([]Tensor, map[string]string, error) {
	r, err := NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, nil, err
	}
	tensors, err := r.Tensors()
	return tensors, r.Metadata(), err
}

func TestWriteMatchesGoldenBytes(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("testdata", "golden.safetensors"))
	require.NoError(t, err)
	tensors, metadata := goldenTensors()
	var got bytes.Buffer
	require.NoError(t, Write(&got, tensors, metadata))
	require.Equal(t, want, got.Bytes())
}

func TestReadGolden(t *testing.T) {
	got, metadata, err := ReadFile(filepath.Join("testdata", "golden.safetensors"))
	require.NoError(t, err)
	want, wantMetadata := goldenTensors()
	require.Equal(t, wantMetadata, metadata)
	var names []string
	for _, g := range got {
		names = append(names, g.Name)
		for _, w := range want {
			if w.Name != g.Name {
				continue
			}
			require.Equal(t, w.dtype(), g.DType, g.Name)
			require.Equal(t, len(w.Shape), len(g.Shape), g.Name)
			require.Equal(t, len(w.Data), len(g.Data), g.Name)
			tol := map[DType]float64{F32: 0, F16: 1e-3, BF16: 1e-2}[g.DType]
			for i := range w.Data {
				require.InDelta(t, w.Data[i], g.Data[i], tol, g.Name)
			}
		}
	}
	require.Equal(t, []string{"conv.bias", "conv.weight", "empty", "scalar", "brain", "a.half"}, names)
}

func TestRoundTripAcrossChunks(t *testing.T) {
	data := make([]float32, 2*chunk+7)
	for i := range data {
		data[i] = float32(i%1000) / 8 // exact in every dtype up to 16 bits of range
	}
	path := filepath.Join(t.TempDir(), "m.safetensors")
	in := []Tensor{
		{Name: "a", DType: F32, Shape: []int{len(data)}, Data: data},
		{Name: "b", DType: F16, Shape: []int{1, len(data)}, Data: data},
	}
	require.NoError(t, WriteFile(path, in, nil))
	out, metadata, err := ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, metadata)
	require.Equal(t, in, out)
}

func TestReaderLoadsSingleTensor(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "golden.safetensors"))
	require.NoError(t, err)
	r, err := NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	require.Len(t, r.Infos(), 6)
	scalar, err := r.Tensor("scalar")
	require.NoError(t, err)
	require.Equal(t, []float32{-0.1}, scalar.Data)
	require.Empty(t, scalar.Shape)
	_, err = r.Tensor("nothing")
	require.ErrorContains(t, err, `no tensor "nothing"`)
}

// file assembles a safetensors file by hand.
func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestReadReportsDamage(t *testing.T) {
	prefix := func(n uint64) []byte { return append(binary.LittleEndian.AppendUint64(nil, n), "{}"...) }
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty file", nil, "not a safetensors file: 0 bytes"},
		{"text file", []byte("hello, I am a text file"), "header length"},
		{"renamed zip file", []byte("PK\x03\x04 and what follows"), "rename it to end in .pth"},
		{"renamed legacy torch file", []byte("\x80\x02\x8a\x0a and what follows"), "rename it to end in .pth"},
		{"4 GB header", prefix(1 << 32), "header length 4294967296, file has 10 bytes"},
		{"negative header", prefix(1<<64 - 1), "header length 18446744073709551615"},
		{"header past the end", prefix(3), "header length 3, file has 10 bytes"},
		{"not an object", file(`[]`, 0), "does not start with {"},
		{"broken JSON", file(`{"a":`, 0), "header"},
		{"not UTF-8", file("{\"\xff\":1}", 0), "UTF-8"},
		{"trailing text", file(`{} x`, 0), "after its closing brace"},
		{"same name twice", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), `"a" twice`},
		{"unknown dtype", file(`{"a":{"dtype":"G32","shape":[1],"data_offsets":[0,4]}}`, 4), `tensor "a": unknown dtype "G32"`},
		{"case of a key", file(`{"a":{"Dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), `unknown header field "Dtype"`},
		{"no shape", file(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4), "no shape"},
		{"65 sizes", file(`{"a":{"dtype":"F32","shape":[1`+strings.Repeat(",1", 64)+`],"data_offsets":[0,4]}}`, 4), "65 sizes, want at most 64"},
		{"a number of 9999 digits", file(`{"a":`+strings.Repeat("9", 9999)+`}`, 0), "where an object should stand"},
		{"three offsets", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}`, 4), "3 numbers, want 2"},
		{"fractional size", file(`{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}`, 4), "shape"},
		{"negative size", file(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4), "negative size"},
		{"product overflows", file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0), "too large"},
		{"huge size", file(`{"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,4]}}`, 4), "too large"},
		{"offset beyond int64", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,99999999999999999999]}}`, 4), "data_offsets"},
		{"shape needs more bytes", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4), `tensor "a": has 4 bytes, want 8`},
		{"offsets outside", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4), "outside the 4 bytes"},
		{"negative offsets", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}`, 4), "outside"},
		{"overlap", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), `tensor "b": starts at byte 4, want 8`},
		{"gap", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "starts at byte 4, want 0"},
		{"unused bytes at the end", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 5), "5 bytes of data, its tensors need 4"},
		{"metadata not a string", file(`{"__metadata__":{"x":1}}`, 0), `metadata "x" is not a string`},
		{"dtype not converted", file(`{"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}`, 4), `tensor "a": dtype I32 cannot be read`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := read(tt.data)
			require.ErrorContains(t, err, tt.want)
			require.Less(t, len(err.Error()), 1000, "an error for people")
		})
	}
}

// TestHeaderOfAnyLength: one of 640 bytes begins as a pickle does.
func TestHeaderOfAnyLength(t *testing.T) {
	for length := range 1000 {
		tensors := []Tensor{{Name: "a", Shape: []int{1}, Data: []float32{1}}}
		var b bytes.Buffer
		require.NoError(t, Write(&b, tensors, map[string]string{"note": strings.Repeat("x", length)}))
		_, _, err := read(b.Bytes())
		require.NoError(t, err, "note of %d bytes", length)
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "golden.safetensors"))
	require.NoError(t, err)
	for n := range data {
		_, _, err := read(data[:n])
		require.Error(t, err, "cut to %d bytes", n)
	}
}

func TestReadFileNamesPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cut.safetensors")
	require.NoError(t, os.WriteFile(path, []byte("short"), 0o600))
	_, _, err := ReadFile(path)
	require.ErrorContains(t, err, path)
	_, _, err = ReadFile(filepath.Join(t.TempDir(), "missing"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestWriteRefusesUnfitTensors(t *testing.T) {
	one := []float32{1}
	tests := []struct {
		name    string
		tensors []Tensor
		want    string
	}{
		{"count", []Tensor{{Name: "a", Shape: []int{2}, Data: one}}, `tensor "a": 1 values for shape [2], want 2`},
		{"twice", []Tensor{{Name: "a", Data: one}, {Name: "a", Data: one}}, "twice"},
		{"twice in two dtypes", []Tensor{{Name: "a", Data: one}, {Name: "b", Data: one}, {Name: "a", DType: F16, Data: one}}, "twice"},
		{"no name", []Tensor{{Data: one}}, "not allowed"},
		{"reserved name", []Tensor{{Name: "__metadata__", Data: one}}, "not allowed"},
		{"dtype", []Tensor{{Name: "a", DType: F64, Data: one}}, "cannot write dtype F64"},
		{"negative", []Tensor{{Name: "a", Shape: []int{-1}, Data: one}}, "negative size"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			require.ErrorContains(t, Write(&b, tt.tensors, nil), tt.want)
			require.Zero(t, b.Len(), "something was written")
		})
	}
}

type brokenWriter struct{ left int }

var errBroken = errors.New("broken")

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.left--; b.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestWritePassesErrorsOn(t *testing.T) {
	tensors, metadata := goldenTensors()
	for writes := range 3 {
		require.ErrorIs(t, Write(&brokenWriter{left: writes}, tensors, metadata), errBroken)
	}
}

func TestSealAndVerify(t *testing.T) {
	tensors, metadata := goldenTensors()
	sealed, err := Seal(tensors, metadata)
	require.NoError(t, err)
	require.NotContains(t, metadata, DigestKey, "Seal changed its argument")
	again, err := Seal(tensors, sealed)
	require.NoError(t, err)
	require.Equal(t, sealed, again)

	var b bytes.Buffer
	require.NoError(t, Write(&b, tensors, sealed))
	clean := b.Bytes()
	got, gotMetadata, err := read(clean)
	require.NoError(t, err)
	require.NoError(t, Verify(got, gotMetadata))
	require.ErrorContains(t, Verify(got, metadata), "no sha256 digest")

	// Every flipped bit is found, by the reader or by the digest, except in
	// the padding, where a byte other than a space is found by the reader.
	for i := range clean {
		for bit := range 8 {
			flipped := bytes.Clone(clean)
			flipped[i] ^= 1 << bit
			got, gotMetadata, err := read(flipped)
			if err == nil {
				err = Verify(got, gotMetadata)
			}
			require.Error(t, err, "byte %d bit %d (%q)", i, bit, strings.ToValidUTF8(string(clean[max(0, i-8):i+1]), "?"))
		}
	}
}

func FuzzReader(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "golden.safetensors"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4))
	f.Add(file(`{"a":{"dtype":"BOOL","shape":[0,9223372036854775807],"data_offsets":[0,0]}}`, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		tensors, metadata, err := read(data)
		if err != nil {
			require.Less(t, len(err.Error()), 4000, "an error for people")
			return
		}
		for i := range tensors {
			tensors[i].DType = F32
		}
		var b bytes.Buffer
		if err := Write(&b, tensors, metadata); err != nil {
			if strings.Contains(err.Error(), "not allowed") { // the empty name: readable, not written
				return
			}
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, _, err := read(b.Bytes()); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
