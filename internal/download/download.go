package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/org/trustmae/internal/atomicfile"
)

// partSuffix names the file that holds what has arrived so far.
const partSuffix = ".part"

// maxFailures is how many transfers in a row may bring nothing before a download
// gives up.
const maxFailures = 4

// ErrChecksum tells that a file is not the one that was pinned.
var ErrChecksum = errors.New("wrong SHA-256")

// Request is a file to fetch.
type Request struct {
	URL    string // http or https
	Path   string // file to write; its folder must exist
	Size   int64  // bytes
	SHA256 string // hexadecimal

	Progress func(done int64) // told the bytes that are there, now and then; may be nil

	client *http.Client                  // nil: one that takes proxies from the environment
	pause  time.Duration                 // before the first repetition; 0: a second
	stall  time.Duration                 // that a transfer may bring nothing; 0: half a minute
	wrap   func(io.WriterAt) io.WriterAt // around the part file, for tests; may be nil
}

// Fetch gets the file. A file at Path that is already right is left alone;
// another one is replaced in the end. What fails for a moment (connections that
// break or stall, busy servers) is tried again, every time from where the last
// transfer ended; the error that remains says what to do. The part file stays,
// except where its content is wrong.
func Fetch(ctx context.Context, r Request) error {
	if err := Check(r.Path, r.SHA256); err == nil {
		return nil
	}
	if u, err := url.Parse(r.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("%s is no address to download from; want https://HOST/PATH", r.where())
	}
	if r.client == nil {
		r.client = newClient()
	}
	name := r.Path + partSuffix
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return atomicfile.Explain(name, err)
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return err
	}
	p := &part{file: file, to: file, size: stat.Size()}
	if r.wrap != nil {
		p.to = r.wrap(file)
	}
	resumed := p.size > 0
	for {
		if err := r.transfer(ctx, p); err != nil {
			return err
		}
		err := checkContent(io.NewSectionReader(file, 0, p.size), r.SHA256)
		switch {
		case err == nil:
			return atomicfile.Replace(file, r.Path)
		case !errors.Is(err, ErrChecksum):
			return fmt.Errorf("read %s: %w", name, err)
		case resumed: // the part may have been of another file
			resumed = false
			if err := p.restart(); err != nil {
				return err
			}
		default:
			file.Close() // Windows keeps open files
			return errors.Join(fmt.Errorf("what %s sent is not the file that is asked for: %w", r.where(), err), os.Remove(name))
		}
	}
}

// transfer repeats attempts until the part has all bytes.
func (r Request) transfer(ctx context.Context, p *part) error {
	pause := r.pause
	if pause == 0 {
		pause = time.Second
	}
	for failures := 0; ; {
		before := p.size
		err := r.attempt(ctx, p)
		var temporary *temporaryError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.As(err, &temporary):
			return err
		}
		if p.size > before {
			failures = 0
		}
		if failures++; failures == maxFailures {
			return fmt.Errorf("%w; gave up after %d attempts", err, failures)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause << (failures - 1)):
		}
	}
}

// Check compares a file with its SHA-256; [ErrChecksum] tells that it differs.
func Check(path, want string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := checkContent(file, want); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Sum returns a file's SHA-256 in hexadecimal.
func Sum(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	return sum(file)
}

func sum(r io.Reader) (string, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func checkContent(r io.Reader, want string) error {
	got, err := sum(r)
	if err != nil {
		return err
	}
	if !strings.EqualFold(got, want) {
		return fmt.Errorf("%w: %s, want %s", ErrChecksum, got, want)
	}
	return nil
}

// Copy takes the file from another place on this machine. The result is at path
// whole and with the right SHA-256, or nothing changes.
func Copy(from, path, want string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	if stat, err := source.Stat(); err != nil {
		return err
	} else if !stat.Mode().IsRegular() {
		return &fs.PathError{Op: "copy", Path: from, Err: errors.New("not a regular file")}
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		if err := checkContent(io.TeeReader(source, w), want); err != nil {
			return fmt.Errorf("copy of %s: %w", from, err)
		}
		return nil
	})
}
