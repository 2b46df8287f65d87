package torchpickle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pid is a pickled storage: ('storage', torch.FloatStorage, '0', 'cpu', 4).
const pid = "(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ"

// rebuild opens a call of _rebuild_tensor_v2 on pid; offset, size, stride,
// requires_grad and hooks follow.
const rebuild = "ctorch._utils\n_rebuild_tensor_v2\n(" + pid

// entry wraps a program for a value into {'a': value}.
func entry(program string) string {
	return "\x80\x02}X\x01\x00\x00\x00a" + program + "s."
}

var hostile = []struct {
	name    string
	program string
	want    string
}{
	{"system call", "\x80\x02cposix\nsystem\nX\x02\x00\x00\x00ls\x85R.", `global "posix.system" is not allowed`},
	{"eval", "\x80\x02c__builtin__\neval\nX\x01\x00\x00\x001\x85R.", `global "__builtin__.eval" is not allowed`},
	{"global with dots", "\x80\x02ccollections\nOrderedDict.fromkeys\n.", "not allowed"},
	{"INST opcode", "\x80\x02(iposix\nsystem\n.", "opcode 0x69"},
	{"OBJ opcode", "\x80\x02(o.", "opcode 0x6f"},
	{"NEWOBJ opcode", "\x80\x02\x81.", "opcode 0x81"},
	{"STACK_GLOBAL opcode", "\x80\x02\x93.", "opcode 0x93"},
	{"EXT1 opcode", "\x80\x02\x82\x01.", "opcode 0x82"},
	{"text persistent id", "\x80\x02Pabc\n.", "opcode 0x50"},
	{"protocol 4", "\x80\x04.", "pickle protocol 4, want 2"},
	{"empty", "", "cut short"},
	{"stop on an empty stack", "\x80\x02.", "stack is empty"},
	{"pop below a mark", "\x80\x02}X\x01\x00\x00\x00aK\x01(s.", "stack is empty"},
	{"no mark", "\x80\x02}u.", "no mark"},
	{"memo never stored", "\x80\x02h\x05.", "memo 5 was never stored"},
	{"string longer than the file", "\x80\x02X\xff\xff\xff\x7fabc.", "cut short"},
	{"long of 200 bytes", "\x80\x02\x8a\xc8" + strings.Repeat("\x01", 200) + ".", "number of 200 bytes"},
	{"append to a dict", "\x80\x02}K\x01a.", "append to dict"},
	{"odd dictionary", "\x80\x02}(K\x01u.", "key without a value"},
	{"tuple as key", "\x80\x02})K\x01s.", "key of type tuple"},
	{"call a string", "\x80\x02X\x01\x00\x00\x00a)R.", "str is not callable"},
	{"call a storage class", "\x80\x02ctorch\nFloatStorage\n)R.", "torch.FloatStorage is not callable"},
	{"arguments are no tuple", "\x80\x02ccollections\nOrderedDict\n]R.", "want a tuple"},
	{"OrderedDict of numbers", "\x80\x02ccollections\nOrderedDict\n](K\x01e\x85R.", "want a pair"},
	{"build on a tensor class", "\x80\x02ctorch\nFloatStorage\n}b.", "set attributes of torch.FloatStorage"},
	{"persistent id of another kind", "\x80\x02(X\x06\x00\x00\x00moduletQ.", "not a storage"},
	{"storage key with a path", "\x80\x02" + strings.Replace(pid, "X\x01\x00\x00\x000", "X\x06\x00\x00\x00../etc", 1) + ".", "not a plain name"},
	{"storage key of another type", "\x80\x02" + strings.Replace(pid, "X\x01\x00\x00\x000", "K\x00", 1) + ".", "storage key is int, want str"},
	{"storage key that doubles sixty times", "\x80\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\nK\x00" + strings.Repeat("q\x00h\x00\x86", 60) + "X\x03\x00\x00\x00cpuK\x04tQ.", "storage key is tuple, want str"},
	{"storage key of 100 bytes", "\x80\x02" + strings.Replace(pid, "X\x01\x00\x00\x000", "X\x64\x00\x00\x00"+strings.Repeat("0", 100), 1) + ".", "not a plain name"},
	{"storage size of another type", "\x80\x02" + strings.Replace(pid, "K\x04tQ", "NtQ", 1) + ".", "size is None, want int"},
	{"storage of negative size", "\x80\x02" + strings.Replace(pid, "K\x04tQ", "J\xff\xff\xff\xfftQ", 1) + ".", "out of range"},
	{"storage view", "\x80\x02" + strings.Replace(pid, "K\x04tQ", "K\x04)tQ", 1) + ".", "view of another one"},
	{"one storage, two sizes", "\x80\x02" + pid + strings.Replace(pid, "K\x04tQ", "K\x05tQ", 1) + ".", "described in two ways"},
	{"negative size", entry(rebuild + "K\x00(J\xff\xff\xff\xfft(K\x01t\x89NtR"), "out of range"},
	{"negative size after an empty one", entry(rebuild + "K\x00(K\x00J\xff\xff\xff\xfft(K\x01K\x01t\x89NtR"), "out of range"},
	{"negative stride", entry(rebuild + "K\x03(K\x02t(J\xff\xff\xff\xfft\x89NtR"), "out of range"},
	{"negative offset", entry(rebuild + "J\xff\xff\xff\xff(K\x01t(K\x01t\x89NtR"), "offset -1 is outside"},
	{"reaches beyond the storage", entry(rebuild + "K\x01(K\x04t(K\x01t\x89NtR"), "reaches beyond its storage of 4"},
	{"stride reaches beyond", entry(rebuild + "K\x00(K\x02t(K\x04t\x89NtR"), "reaches beyond"},
	{"scalar behind the end", entry(rebuild + "K\x04))\x89NtR"), "reaches beyond"},
	{"expanded bomb", entry(rebuild + "K\x00(J\xff\xff\xff\x7ft(K\x00t\x89NtR"), "reaches beyond"},
	{"overflowing shape", entry(rebuild + "K\x00(\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x40K\x04t(K\x00K\x00t\x89NtR"), "out of range"},
	{"rank differs from strides", entry(rebuild + "K\x00(K\x02t)\x89NtR"), "1 sizes and 0 strides"},
	{"too few arguments", entry(rebuild + "K\x00))tR"), "4 arguments, want 6 or 7"},
	{"tensor of a number", entry("ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\x00))\x89NtR"), "first argument is int"},
	{"parameter of a number", entry("ctorch._utils\n_rebuild_parameter\nK\x01\x85R"), "parameter of int"},
	{"parameter of nothing", entry("ctorch._utils\n_rebuild_parameter\n)R"), "without a tensor"},
}

func TestHostilePickles(t *testing.T) {
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			_, err := run([]byte(tt.program))
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// TestHarmlessPickle makes sure that the hostile programs fail for the reason
// they name: the same building blocks work when they are used well.
func TestHarmlessPickle(t *testing.T) {
	state, err := run([]byte(entry(rebuild + "K\x02(K\x02t(K\x01t\x89NtR")))
	require.NoError(t, err)
	named, err := flatten(state.value)
	require.NoError(t, err)
	want := view{storage: storage{key: "0", dtype: "F32", numel: 4}, offset: 2, shape: []int64{2}, stride: []int64{1}}
	require.Equal(t, []namedView{{"a", want}}, named)
}

func TestBombsAreBounded(t *testing.T) {
	t.Run("copies of a memoised list", func(t *testing.T) {
		var p bytes.Buffer
		p.WriteString("\x80\x02](")
		for range 5000 {
			p.WriteString("K\x01K\x02\x86")
		}
		p.WriteString("eq\x00")
		for range 20000 {
			p.WriteString("ccollections\nOrderedDict\nh\x00\x85R")
		}
		p.WriteString(".")
		_, err := run(p.Bytes())
		require.ErrorContains(t, err, "too large")
	})
	t.Run("dictionaries inside dictionaries", func(t *testing.T) {
		p := "\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s." // d['a'] = d
		state, err := run([]byte(p))
		require.NoError(t, err)
		_, err = flatten(state.value)
		require.ErrorContains(t, err, "nested")
	})
	t.Run("long names", func(t *testing.T) {
		inner, root := newDict(), newDict()
		require.NoError(t, inner.set("b", nil))
		require.NoError(t, root.set(strings.Repeat("a", maxName-1), inner))
		_, err := flatten(root)
		require.ErrorContains(t, err, "a name of 513 bytes, want at most 512")
		require.Less(t, len(err.Error()), 200)
	})
	t.Run("zip entries that overlap", func(t *testing.T) {
		z := &zipStorages{size: 1000, unread: 100}
		_, err := z.read(storage{key: "0", dtype: "F32", numel: 26})
		require.ErrorContains(t, err, "more bytes than the file has")
	})
	t.Run("one storage many times", func(t *testing.T) {
		s := storage{key: "0", dtype: "F32", numel: minBudget}
		v := view{storage: s, shape: []int64{minBudget}, stride: []int64{1}}
		_, err := load(nil, 100, []namedView{{"a", v}, {"b", v}})
		require.ErrorContains(t, err, "repeats its values")
	})
}

// archive builds a zip file; names with a leading * are compressed.
func archive(t testing.TB, entries ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		name, compress := strings.CutPrefix(e[0], "*")
		header := &zip.FileHeader{Name: name, Method: zip.Store}
		if compress {
			header.Method = zip.Deflate
		}
		f, err := w.CreateHeader(header)
		require.NoError(t, err)
		_, err = f.Write([]byte(e[1]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// container is a whole file with the error it has to give, "" for a good one.
type container struct {
	name string
	data []byte
	want string
}

// containers are files around good and bad pickles, seeds of the fuzz test too.
func containers(t testing.TB) []container {
	good := entry(rebuild + "K\x00(K\x04t(K\x01t\x89NtR")
	values := strings.Repeat("\x00\x00\x80\x3f", 4)
	legacy := legacyMagic + legacyProtocol + "\x80\x02}X\x0d\x00\x00\x00little_endian\x88s."
	keys := "\x80\x02]X\x01\x00\x00\x000a."
	count := func(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }
	return []container{
		{"good zip", archive(t, [2]string{"m/data.pkl", good}, [2]string{"m/data/0", values}), ""},
		{"good zip with byte order", archive(t, [2]string{"m/data.pkl", good}, [2]string{"m/byteorder", "little"}, [2]string{"m/data/0", values}), ""},
		{"big endian", archive(t, [2]string{"m/data.pkl", good}, [2]string{"m/byteorder", "big"}, [2]string{"m/data/0", values}), "big-endian"},
		{"no pickle", archive(t, [2]string{"m/data/0", values}), "without data.pkl"},
		{"pickle too deep", archive(t, [2]string{"x/m/data.pkl", good}), "without data.pkl"},
		{"two pickles", archive(t, [2]string{"m/data.pkl", good}, [2]string{"n/data.pkl", good}), "several data.pkl"},
		{"same entry twice", archive(t, [2]string{"m/data.pkl", good}, [2]string{"m/data.pkl", good}), "appears twice"},
		{"path out of the archive", archive(t, [2]string{"m/data.pkl", good}, [2]string{"m/data/0", values}, [2]string{"../../etc/passwd", "x"}), `"../../etc/passwd" is no plain path`},
		{"absolute path", archive(t, [2]string{"/m/data.pkl", good}), `"/m/data.pkl" is no plain path`},
		{"path of Windows", archive(t, [2]string{"m/data.pkl", good}, [2]string{`m\..\..\x`, "x"}), "is no plain path"},
		{"path through the parent", archive(t, [2]string{"../data.pkl", good}, [2]string{"../data/0", values}), "is no plain path"},
		{"zip with a folder's entry", archive(t, [2]string{"m/", ""}, [2]string{"m/data.pkl", good}, [2]string{"m/data/0", values}), ""},
		{"no storage", archive(t, [2]string{"m/data.pkl", good}), "without data/0"},
		{"short storage", archive(t, [2]string{"m/data.pkl", good}, [2]string{"m/data/0", values[1:]}), "has 15 bytes, want 16"},
		{"long storage", archive(t, [2]string{"m/data.pkl", good}, [2]string{"m/data/0", values + "!"}), "has 17 bytes, want at most 16"},
		{"compressed storage", archive(t, [2]string{"m/data.pkl", good}, [2]string{"*m/data/0", values}), "is compressed"},
		{"bytes behind the pickle", archive(t, [2]string{"m/data.pkl", good + "x"}, [2]string{"m/data/0", values}), "after its end"},
		{"no tensors", archive(t, [2]string{"m/data.pkl", "\x80\x02}."}), "no tensors"},
		{"not a dictionary", archive(t, [2]string{"m/data.pkl", "\x80\x02]."}), "holds a list"},

		{"good legacy", []byte(legacy + good + keys + count(4) + values), ""},
		{"other version", []byte(legacyMagic + "\x80\x02M\xe8\x03."), "legacy version"},
		{"big-endian legacy", []byte(strings.Replace(legacy, "\x88s.", "\x89s.", 1) + good + keys + count(4) + values), "not little-endian"},
		{"count differs", []byte(legacy + good + keys + count(5) + values), "holds 5 values, want 4"},
		{"count is negative", []byte(legacy + good + keys + count(1<<63) + values), "want 4"},
		{"values cut short", []byte(legacy + good + keys + count(4) + values[1:]), "15 bytes left, want 16"},
		{"bytes behind the values", []byte(legacy + good + keys + count(4) + values + "x"), "1 bytes after"},
		{"storage not listed", []byte(legacy + good + "\x80\x02]."), "not in the file"},
		{"storage listed twice", []byte(legacy + good + "\x80\x02](X\x01\x00\x00\x000X\x01\x00\x00\x000e." + count(4) + values + count(4) + values), "listed twice"},
		{"storage of no tensor", []byte(legacy + good + "\x80\x02]X\x01\x00\x00\x001a." + count(4) + values), "belongs to no tensor"},

		{"renamed safetensors file", []byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"), "rename it to end in .safetensors"},
		{"text", []byte("this is not a weights file"), "neither a zip archive nor the legacy form"},
		{"empty", nil, "neither"},
	}
}

func TestHostileContainers(t *testing.T) {
	for _, tt := range containers(t) {
		t.Run(tt.name, func(t *testing.T) {
			tensors, err := Read(bytes.NewReader(tt.data), int64(len(tt.data)), nil)
			if tt.want != "" {
				require.ErrorContains(t, err, tt.want)
				return
			}
			require.NoError(t, err)
			require.Len(t, tensors, 1)
			require.Equal(t, []float32{1, 1, 1, 1}, tensors[0].Data)
		})
	}
}
