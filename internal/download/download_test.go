package download

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// content is the file that tests download: 300 kB, no two blocks alike.
var content = func() []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < 300_000; i++ {
		fmt.Fprintf(&b, "%d,", i)
	}
	return b.Bytes()
}()

func hexSum(data []byte) string {
	hash := sha256.Sum256(data)
	return hex.EncodeToString(hash[:])
}

// server serves content; edit may answer a request in its place and says so.
type server struct {
	*httptest.Server
	ranges []string // the Range header of each request
}

func serve(t *testing.T, edit func(n int, w http.ResponseWriter, r *http.Request) bool) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ranges = append(s.ranges, r.Header.Get("Range"))
		if edit == nil || !edit(len(s.ranges), w, r) {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// request asks for content at a path in a fresh folder.
func (s *server) request(t *testing.T) Request {
	return Request{
		URL: s.URL + "/net.pth", Path: filepath.Join(t.TempDir(), "net.pth"),
		Size: int64(len(content)), SHA256: hexSum(content), pause: time.Millisecond,
	}
}

// requireDone checks that the file is there and nothing beside it.
func (r Request) requireDone(t *testing.T) {
	t.Helper()
	got, err := os.ReadFile(r.Path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got), "content differs")
	entries, err := os.ReadDir(filepath.Dir(r.Path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// requireNothing checks that there is no file, and a part of so many bytes, -1
// for none.
func (r Request) requireNothing(t *testing.T, part int64) {
	t.Helper()
	_, err := os.Stat(r.Path)
	require.ErrorIs(t, err, fs.ErrNotExist)
	stat, err := os.Stat(r.Path + partSuffix)
	if part < 0 {
		require.ErrorIs(t, err, fs.ErrNotExist)
		return
	}
	require.NoError(t, err)
	require.Equal(t, part, stat.Size())
}

// breakOff sends a part of what was asked for and cuts the connection.
func breakOff(w http.ResponseWriter, r *http.Request, bytes int) {
	http.ServeContent(&cutter{ResponseWriter: w, left: bytes}, r, "", time.Time{}, strings.NewReader(string(content)))
	panic(http.ErrAbortHandler)
}

type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(b []byte) (int, error) {
	n := min(len(b), c.left)
	c.left -= n
	n, err := c.ResponseWriter.Write(b[:n])
	if c.left == 0 {
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		return n, io.ErrShortWrite
	}
	return n, err
}

func TestFetch(t *testing.T) {
	s := serve(t, nil)
	r := s.request(t)
	var seen int64
	r.Progress = func(done int64) { seen = max(seen, done) }
	require.NoError(t, Fetch(t.Context(), r))
	r.requireDone(t)
	require.Positive(t, seen)
	require.NoError(t, Fetch(t.Context(), r), "what is there is not fetched again")
	require.Equal(t, []string{""}, s.ranges)

	require.NoError(t, os.WriteFile(r.Path, []byte("something else"), 0o600))
	require.NoError(t, Fetch(t.Context(), r))
	r.requireDone(t)
}

func TestInterruptionsGoOnWhereTheyEnded(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n <= 6 { // more than the failures allowed in a row: each brings something
			breakOff(w, r, 40_000)
		}
		return false
	})
	r := s.request(t)
	require.NoError(t, Fetch(t.Context(), r))
	r.requireDone(t)
	require.Equal(t, "bytes=40000-", s.ranges[1])
	require.Equal(t, "bytes=240000-", s.ranges[6])
}

func TestALaterRunGoesOn(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n == 1 {
			cancel()
			breakOff(w, r, 100_000)
		}
		return false
	})
	r := s.request(t)
	require.NoError(t, os.WriteFile(r.Path+partSuffix, content[:5000], 0o600))
	require.ErrorIs(t, Fetch(ctx, r), context.Canceled)
	stat, err := os.Stat(r.Path + partSuffix)
	require.NoError(t, err)
	require.GreaterOrEqual(t, stat.Size(), int64(5000))
	require.NoError(t, Fetch(t.Context(), r))
	r.requireDone(t)
	require.Equal(t, fmt.Sprintf("bytes=%d-", stat.Size()), s.ranges[1])
}

func TestServersWithoutRanges(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) bool {
		r.Header.Del("Range")
		if n == 1 {
			breakOff(w, r, 100_000)
		}
		return false
	})
	r := s.request(t)
	require.NoError(t, Fetch(t.Context(), r))
	r.requireDone(t)
	require.Equal(t, []string{"", "bytes=100000-"}, s.ranges)
}

func TestServersThatSendRangesPieceByPiece(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		var from int
		if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); n == 1 {
			r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, from+99_999))
		}
		return false
	})
	r := s.request(t)
	require.NoError(t, os.WriteFile(r.Path+partSuffix, content[:10], 0o600))
	require.NoError(t, Fetch(t.Context(), r))
	r.requireDone(t)
	require.Greater(t, len(s.ranges), 2)
}

func TestPartOfAnotherFileIsReplaced(t *testing.T) {
	for _, size := range []int{1000, len(content), len(content) + 1} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			r := serve(t, nil).request(t)
			require.NoError(t, os.WriteFile(r.Path+partSuffix, make([]byte, size), 0o600))
			require.NoError(t, Fetch(t.Context(), r))
			r.requireDone(t)
		})
	}
}

func TestWrongContent(t *testing.T) {
	wrong := bytes.Clone(content)
	wrong[12345] ^= 1
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(wrong))
		return true
	})
	r := s.request(t)
	err := Fetch(t.Context(), r)
	require.ErrorIs(t, err, ErrChecksum)
	require.ErrorContains(t, err, s.URL)
	require.ErrorContains(t, err, hexSum(wrong))
	require.ErrorContains(t, err, hexSum(content))
	r.requireNothing(t, -1)
	require.Len(t, s.ranges, 1)
}

func TestRefusals(t *testing.T) {
	status := func(code int) func(int, http.ResponseWriter, *http.Request) bool {
		return func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, "no", code)
			return true
		}
	}
	send := func(data []byte, chunked bool) func(int, http.ResponseWriter, *http.Request) bool {
		return func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			if chunked {
				w.WriteHeader(http.StatusOK)
				_ = http.NewResponseController(w).Flush()
			}
			_, _ = w.Write(data)
			return true
		}
	}
	tests := []struct {
		name     string
		answer   func(n int, w http.ResponseWriter, r *http.Request) bool
		want     string
		requests int
	}{
		{"not found", status(404), "answers 404 Not Found", 1},
		{"forbidden", status(403), "answers 403 Forbidden", 1},
		{"busy", status(503), "answers 503 Service Unavailable; gave up after 4 attempts", 4},
		{"a login page", send([]byte("<html>log in</html>"), false), "has 19 bytes, want 300", 1},
		{"shorter, length unknown", send(content[:1000], true), "ended after 1000 of 300", 4},
		{"longer, length unknown", send(append(bytes.Clone(content), 1), true), "sent more than the 300", 1},
		{"endless", func(_ int, w http.ResponseWriter, r *http.Request) bool {
			for r.Context().Err() == nil {
				_, _ = w.Write(content)
			}
			return true
		}, "sent more than the 300", 1},
		{"another range", func(_ int, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Range", "bytes 7-9/10")
			w.WriteHeader(http.StatusPartialContent)
			return true
		}, `sends the range "bytes 7-9/10"`, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answer)
			r := s.request(t)
			err := Fetch(t.Context(), r)
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "\n")
			require.Len(t, s.ranges, tt.requests)
			_, err = os.Stat(r.Path)
			require.ErrorIs(t, err, fs.ErrNotExist)
		})
	}
}

func TestRangeNotSatisfiableStartsOver(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n == 1 {
			http.Error(w, "no", http.StatusRequestedRangeNotSatisfiable)
		}
		return n == 1
	})
	r := s.request(t)
	require.NoError(t, os.WriteFile(r.Path+partSuffix, content[:7], 0o600))
	require.NoError(t, Fetch(t.Context(), r))
	r.requireDone(t)
	require.Equal(t, []string{"bytes=7-", ""}, s.ranges)
}

func TestStalledTransfersAreRepeated(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n > 1 {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:70_000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
	r := s.request(t)
	r.stall = 50 * time.Millisecond
	require.NoError(t, Fetch(t.Context(), r))
	r.requireDone(t)
	require.Equal(t, []string{"", "bytes=70000-"}, s.ranges)
}

func TestNoServer(t *testing.T) {
	s := serve(t, nil)
	r := s.request(t)
	s.Close()
	err := Fetch(t.Context(), r)
	require.ErrorContains(t, err, "cannot reach "+r.URL)
	require.ErrorContains(t, err, "gave up after 4 attempts")
	require.Equal(t, 1, strings.Count(err.Error(), r.URL))
}

func TestAddresses(t *testing.T) {
	for _, address := range []string{"", "net.pth", "ftp://host/net.pth", "https:///net.pth", "://"} {
		err := Fetch(t.Context(), Request{URL: address, Path: filepath.Join(t.TempDir(), "f")})
		require.ErrorContains(t, err, "is no address to download from", address)
	}
	r := Request{URL: "http://user:secret@127.0.0.1:1/f", Path: filepath.Join(t.TempDir(), "f"), Size: 1, pause: 1}
	err := Fetch(t.Context(), r)
	require.ErrorContains(t, err, "user:xxxxx@127.0.0.1")
	require.NotContains(t, err.Error(), "secret")
}

// fullDisk takes so many bytes.
type fullDisk struct {
	file io.WriterAt
	room int64
}

func (d *fullDisk) WriteAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) <= d.room {
		return d.file.WriteAt(b, at)
	}
	n, _ := d.file.WriteAt(b[:d.room-at], at)
	return n, &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
}

func TestDiskFull(t *testing.T) {
	s := serve(t, nil)
	r := s.request(t)
	r.wrap = func(file io.WriterAt) io.WriterAt { return &fullDisk{file, 123_457} }
	err := Fetch(t.Context(), r)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.ErrorContains(t, err, "disk full; free space")
	require.ErrorContains(t, err, r.Path+partSuffix)
	require.Len(t, s.ranges, 1, "no use in trying again")
	r.requireNothing(t, 123_457)

	r.wrap = nil // space was made
	require.NoError(t, Fetch(t.Context(), r))
	r.requireDone(t)
	require.Equal(t, "bytes=123457-", s.ranges[1])
}

func TestNoFolder(t *testing.T) {
	r := serve(t, nil).request(t)
	r.Path = filepath.Join(t.TempDir(), "missing", "net.pth")
	require.ErrorContains(t, Fetch(t.Context(), r), "the folder does not exist; create it first")
}

func TestRedirections(t *testing.T) {
	s := serve(t, nil)
	secure := httptest.NewTLSServer(http.RedirectHandler(s.URL, http.StatusFound))
	defer secure.Close()
	r := s.request(t)
	r.URL = secure.URL
	r.client = newClient()
	r.client.Transport.(*http.Transport).TLSClientConfig = secure.Client().Transport.(*http.Transport).TLSClientConfig
	require.ErrorContains(t, Fetch(t.Context(), r), "sends us from https to http://")
	require.Empty(t, s.ranges)

	plain := httptest.NewServer(http.RedirectHandler(s.URL, http.StatusFound))
	defer plain.Close()
	r.URL = plain.URL
	require.NoError(t, Fetch(t.Context(), r))
	r.requireDone(t)
}

func TestCopy(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	require.NoError(t, os.WriteFile(from, content, 0o600))
	require.NoError(t, Copy(from, to, strings.ToUpper(hexSum(content))))
	require.NoError(t, Check(to, hexSum(content)))
	got, err := Sum(to)
	require.NoError(t, err)
	require.Equal(t, hexSum(content), got)

	err = Copy(from, filepath.Join(dir, "other"), hexSum(nil))
	require.ErrorIs(t, err, ErrChecksum)
	require.ErrorContains(t, err, from)
	require.ErrorIs(t, Copy(filepath.Join(dir, "missing"), to, ""), fs.ErrNotExist)
	require.ErrorContains(t, Copy(dir, to, ""), "not a regular file")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.True(t, errors.Is(Check(filepath.Join(dir, "missing"), ""), fs.ErrNotExist))
}
