package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/spf13/cobra"
)

// session is what every command needs to talk to its user.
type session struct {
	stdout io.Writer // results
	stderr io.Writer // progress, warnings, errors
	quiet  bool      // no progress

	mu   sync.Mutex
	bars io.Writer // prints above the bars of the task that runs, nil without
}

// show makes note print above bars, until show(nil).
func (s *session) show(bars io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bars = bars
}

// inform prints a line on how the work goes, unless --quiet.
func (s *session) inform(format string, args ...any) {
	if !s.quiet {
		s.note(format, args...)
	}
}

// note prints a line for the user that is no result, above a bar that is there.
func (s *session) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bars != nil {
		// To the line's begin: a ^C may stand there.
		fmt.Fprintf(s.bars, "\r"+format+"\n", args...)
		return
	}
	fmt.Fprintf(s.stderr, format+"\n", args...)
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s := &session{stdout: stdout, stderr: stderr}
	root := newRoot(s)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	noted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(noted)
		s.note("trustmae: stopping; once more to stop at once, without saving")
	})
	err := guard(func() error { return root.ExecuteContext(ctx) })
	if !stop() {
		<-noted // the last word is the report's
	}
	return report(stderr, err)
}

func newRoot(s *session) *cobra.Command {
	root := &cobra.Command{
		Use:   "trustmae",
		Short: "Find defects on product photos, learnt from a folder nobody sorted",
		Long: `trustmae learns what a product looks like from one folder of photos, a part of
which may show defects, and then gives every new photo a score, a verdict and a
map of where the defect is.

  trustmae demo                                 see it work, in three minutes
  trustmae check photos                         look your own folder over
  trustmae train photos --model part.safetensors
  trustmae detect part.safetensors new --out results --heatmaps`,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		Args:                       subcommandOnly,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().BoolVarP(&s.quiet, "quiet", "q", false, "no progress on stderr; warnings and errors remain")
	root.AddCommand(newDemo(s), newCheck(s), newTrain(s), newEval(s), newDetect(s), newCalibrate(s), newWeights(s), newDoctor(s), newVersion(s))
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{err, cmd.CommandPath()}
	})
	return root
}

// subcommandOnly refuses what is no subcommand, with the nearest names.
func subcommandOnly(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("there is no command %q", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return &usageError{errors.New(text), cmd.CommandPath()}
}

// usage is a usage error of cmd.
func usage(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...), cmd.CommandPath()}
}

// wantArgs demands one argument for each name; with more, the last name stands
// for one or several.
func wantArgs(more bool, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usage(cmd, "%s is missing", strings.Join(names[len(args):], " and "))
		case len(args) > len(names) && !more:
			return usage(cmd, "%q is one argument too many", args[len(names)])
		}
		return nil
	}
}
