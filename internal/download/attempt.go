package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/org/trustmae/internal/atomicfile"
)

// part is the file that grows.
type part struct {
	file *os.File
	to   io.WriterAt // file
	size int64       // bytes that are there
}

// restart throws away what has arrived.
func (p *part) restart() error {
	if err := p.file.Truncate(0); err != nil {
		return atomicfile.Explain(p.file.Name(), err)
	}
	p.size = 0
	return nil
}

// Write appends; what did arrive counts even when the rest does not fit.
func (p *part) Write(b []byte) (int, error) {
	n, err := p.to.WriteAt(b, p.size)
	p.size += int64(n)
	if err != nil {
		err = &writeError{atomicfile.Explain(p.file.Name(), err)}
	}
	return n, err
}

// writeError is an error of the part file, as opposed to one of the network.
type writeError struct{ error }

// temporaryError may be gone with the next attempt.
type temporaryError struct{ err error }

func (e *temporaryError) Error() string { return e.err.Error() }
func (e *temporaryError) Unwrap() error { return e.err }

func temporary(format string, args ...any) error {
	return &temporaryError{fmt.Errorf(format, args...)}
}

// attempt asks once for the bytes that are missing and stores what comes.
func (r Request) attempt(ctx context.Context, p *part) error {
	if p.size > r.Size {
		if err := p.restart(); err != nil {
			return err
		}
	}
	if p.size == r.Size {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	response, err := r.ask(ctx, p.size)
	if err != nil {
		var reason *url.Error
		if errors.As(err, &reason) {
			err = reason.Err // it names the URL again
		}
		return temporary("cannot reach %s: %w", r.where(), err)
	}
	defer response.Body.Close()
	if err := r.accept(response, p); err != nil {
		return err
	}
	stall := r.stall
	if stall == 0 {
		stall = 30 * time.Second
	}
	watch := time.AfterFunc(stall, func() { cancel(fmt.Errorf("nothing arrived for %v", stall)) })
	defer watch.Stop()
	body := readerFunc(func(b []byte) (int, error) {
		n, err := response.Body.Read(b)
		watch.Reset(stall)
		if r.Progress != nil {
			r.Progress(p.size)
		}
		return n, err
	})
	_, err = io.Copy(p, io.LimitReader(body, r.Size-p.size+1)) // one more shows a file that is too long
	var full *writeError
	switch {
	case errors.As(err, &full):
		return full.error
	case context.Cause(ctx) != nil:
		return temporary("transfer from %s broke off after %d bytes: %w", r.where(), p.size, context.Cause(ctx))
	case err != nil:
		return temporary("transfer from %s broke off after %d bytes: %w", r.where(), p.size, err)
	case p.size < r.Size:
		return temporary("%s ended after %d of %d bytes", r.where(), p.size, r.Size)
	case p.size > r.Size:
		return errors.Join(fmt.Errorf("%s sent more than the %d bytes of the file that is asked for", r.where(), r.Size), p.restart())
	}
	return nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// ask sends the request for the bytes from offset on.
func (r Request) ask(ctx context.Context, offset int64) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept-Encoding", "identity") // ranges count the bytes of the file itself
	if offset > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	return r.client.Do(request)
}

// accept judges a response and puts the part where its bytes go.
func (r Request) accept(response *http.Response, p *part) error {
	switch code := response.StatusCode; {
	case code == http.StatusOK:
		if n := response.ContentLength; n >= 0 && n != r.Size {
			return fmt.Errorf("%s has %d bytes, want %d: it is not the file that is asked for", r.where(), n, r.Size)
		}
		return p.restart() // the server grants no ranges, or there is nothing yet
	case code == http.StatusPartialContent:
		return r.acceptRange(response.Header.Get("Content-Range"), p.size)
	case code == http.StatusRequestedRangeNotSatisfiable:
		if err := p.restart(); err != nil {
			return err
		}
		return temporary("%s answers %s", r.where(), response.Status)
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return temporary("%s answers %s", r.where(), response.Status)
	}
	return fmt.Errorf("%s answers %s", r.where(), response.Status)
}

// acceptRange judges a header such as "bytes 5-9/10", whose total may be "*". The
// range may end early: the next attempt asks for the rest.
func (r Request) acceptRange(header string, want int64) error {
	var first, last, total int64
	n, _ := fmt.Sscanf(header, "bytes %d-%d/%d", &first, &last, &total)
	if n < 2 || first != want || n == 3 && total != r.Size {
		return fmt.Errorf("%s sends the range %.64q, want bytes %d-%d/%d: it is not the file that is asked for",
			r.where(), header, want, r.Size-1, r.Size)
	}
	return nil
}

// where is the URL without a password.
func (r Request) where() string {
	if u, err := url.Parse(r.URL); err == nil {
		return u.Redacted()
	}
	return r.URL
}

// newClient takes proxies from the environment and never leaves https once it is
// there.
func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone() // its Proxy is http.ProxyFromEnvironment
	transport.ResponseHeaderTimeout = 30 * time.Second
	return &http.Client{
		Transport: transport,
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if via[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
				return fmt.Errorf("the server sends us from https to %s", next.URL.Redacted())
			}
			if len(via) >= 10 {
				return errors.New("ten redirections in a row")
			}
			return nil
		},
	}
}
