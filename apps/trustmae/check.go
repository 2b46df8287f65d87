package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/memae/dataset"
)

func newCheck(s *session) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check DIR",
		Short: "Look a folder of photos over before training",
		Long: `Read every photo of DIR and say what is there: layout, counts, sizes, photos that
are there twice, files that cannot be used, and what needs attention. Nothing is
changed.`,
		Args: wantArgs(false, "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return check(cmd.Context(), s, args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func check(ctx context.Context, s *session, path string, asJSON bool) error {
	var t *task
	report, err := dataset.Inspect(ctx, path, func(_, total int) {
		if t == nil {
			t = s.start("reading", total)
		}
		t.add(1)
	})
	if t != nil {
		t.finish()
	}
	if err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(s.stdout, report)
	} else {
		err = writeCheck(s.stdout, report)
	}
	if err != nil {
		return err
	}
	if n := broken(report.Skipped); n > 0 {
		return &unreadableError{n, "left out"}
	}
	return nil
}

// writeCheck prints the report for people.
func writeCheck(w io.Writer, r *dataset.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s layout\n", r.Root, plural(r.Photos, "photo"), r.Layout)
	for _, c := range r.Counts {
		masks := ""
		if c.Masks > 0 {
			masks = fmt.Sprintf(", %d with a mask", c.Masks)
		}
		fmt.Fprintf(&b, "%-10s %5d %s%s\n", c.Split, c.Photos, cmp.Or(c.Kind, c.Label.String()), masks)
	}
	lines(&b, "size", r.Sizes, func(c dataset.SizeCount) string {
		return fmt.Sprintf("%5d of %d×%d pixels", c.Photos, c.Width, c.Height)
	})
	lines(&b, "format", r.Formats, func(c dataset.FormatCount) string {
		colour := "colour"
		if c.Grey {
			colour = "grey"
		}
		return fmt.Sprintf("%5d %s, %d bits, %s", c.Photos, c.Format, c.Bits, colour)
	})
	group := func(d dataset.Duplicate) string { return strings.Join(d.Photos, " = ") }
	lines(&b, "identical", r.Duplicates, group)
	lines(&b, "alike", r.NearDuplicates, group)
	all := func(text string) string { return text }
	lines(&b, "blank", r.Blank, all)
	for _, skip := range r.Skipped {
		fmt.Fprintf(&b, "%-10s %s: %s\n", "left out", skip.Path, skip.Reason)
	}
	for _, text := range r.Warnings {
		fmt.Fprintf(&b, "%-10s %s\n", "warning", text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// shownLines is how many entries of a kind are listed; --json gives all.
const shownLines = 10

// lines prints a list below its name.
func lines[T any](b *strings.Builder, name string, list []T, text func(T) string) {
	for i, v := range list {
		if i == shownLines {
			fmt.Fprintf(b, "%-10s and %d more; --json lists them all\n", "", len(list)-i)
			return
		}
		fmt.Fprintf(b, "%-10s %s\n", name, text(v))
	}
}
