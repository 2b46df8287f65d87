package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/org/trustmae/memae"
)

// Exit codes; docs/cli.md lists them.
const (
	exitOK          = 0
	exitFailure     = 1   // the command failed; one line on stderr says why
	exitUsage       = 2   // wrong arguments, flags or configuration
	exitUnreadable  = 3   // done, but some photos could not be read
	exitInternal    = 4   // a mistake in trustmae itself
	exitInterrupted = 130 // stopped by SIGINT or SIGTERM, as shells have it
)

// usageError is a mistake on the command line.
type usageError struct {
	err     error
	command string // whose help explains it
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// unreadableError says that a command did its work except for some photos, each
// of which it has already reported.
type unreadableError struct {
	count int
	what  string // what happened to them, such as "left out"
}

func (e *unreadableError) Error() string {
	return fmt.Sprintf("%s could not be read and %s %s; the lines above say why", plural(e.count, "file"), wasWere(e.count), e.what)
}

// interruptedError says that the user stopped the command and what remains.
type interruptedError struct{ remains string }

func (e *interruptedError) Error() string { return "stopped: " + e.remains }

// panicError carries a recovered panic.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprint(e.value) }

// guard turns a panic of f into an error: once per command, so that the user
// sees a sentence and not only a stack.
func guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v, debug.Stack()}
		}
	}()
	return f()
}

// report prints err as one line (a panic with its stack) and returns the exit
// code for it.
func report(stderr io.Writer, err error) int {
	var (
		usage       *usageError
		unreadable  *unreadableError
		interrupted *interruptedError
		panicked    *panicError
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &panicked):
		fmt.Fprintf(stderr, "%s\ntrustmae: internal error: %v. This is a mistake in trustmae, not yours: please report it with the command line and the lines above.\n", panicked.stack, panicked.value)
		return exitInternal
	case errors.As(err, &interrupted):
		fmt.Fprintf(stderr, "trustmae: %v\n", err)
		return exitInterrupted
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "trustmae: stopped before anything was written")
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "trustmae: %v (see %s --help)\n", err, usage.command)
		return exitUsage
	case errors.Is(err, memae.ErrConfig):
		fmt.Fprintf(stderr, "trustmae: %v\n", err)
		return exitUsage
	case errors.As(err, &unreadable):
		fmt.Fprintf(stderr, "trustmae: %v\n", err)
		return exitUnreadable
	}
	fmt.Fprintf(stderr, "trustmae: %v\n", err)
	return exitFailure
}

// plural is "1 photo", "2 photos".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func wasWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}
