package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/internal/download"
	"github.com/org/trustmae/perceptual"
)

func newWeightsPull(s *session, f *weightsFlags) *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:   "pull NAME...",
		Short: "Fetch official weights into the folder",
		Long: `Fetch the official file of each NAME (trustmae weights list tells them) and check
its SHA-256. A transfer that breaks off, or is stopped, goes on where it ended.

Proxies are taken from HTTPS_PROXY and NO_PROXY. --from takes the files from
elsewhere: a folder that they were copied to, or a mirror's address, below which
they have the same names.

The weights keep the licence of their authors, which list shows.`,
		Example: "  trustmae weights pull alexnet lpips-alex vgg19\n" +
			"  trustmae weights pull alexnet --from /media/usb/weights",
		Args: wantArgs(true, "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var releases []perceptual.Release
			for _, name := range args {
				r, err := releaseOf(cmd, name)
				if err != nil {
					return err
				}
				releases = append(releases, r)
			}
			dir, err := f.folder()
			if err != nil {
				return err
			}
			for _, r := range releases {
				if err := s.pull(cmd.Context(), r, dir, from); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "folder or mirror to take the files from, `DIR|URL`")
	return cmd
}

// pull brings one file into dir.
func (s *session) pull(ctx context.Context, r perceptual.Release, dir, from string) error {
	target := filepath.Join(dir, filepath.FromSlash(r.File))
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return fmt.Errorf("folder of weights: %w; choose another one with --weights or %s", err, weightsVariable)
	}
	address := r.URL
	if from != "" {
		if !strings.Contains(from, "://") {
			return s.pullFrom(r, from, target)
		}
		address = strings.TrimSuffix(from, "/") + "/" + r.File
	}
	s.inform("%s: %s from %s", r.Name, fileSize(r.Size), address)
	t := s.startUnit(r.Name, int(r.Size/1000), "kB")
	defer t.finish()
	begun := false
	err := download.Fetch(ctx, download.Request{
		URL: address, Path: target, Size: r.Size, SHA256: r.SHA256,
		Progress: func(bytes int64) {
			if !begun {
				begun = true
				t.skip(int(bytes/1000), 0)
			}
			t.set(int(bytes / 1000))
		},
	})
	t.finish()
	var disk *fs.PathError
	switch {
	case err == nil:
		return s.pulled(r, target)
	case ctx.Err() != nil:
		return &interruptedError{fmt.Sprintf("what has arrived of %s is kept beside %s; the same command goes on from there", r.Name, target)}
	case errors.As(err, &disk):
		return fmt.Errorf("pull %s: %w", r.Name, err)
	}
	return fmt.Errorf("pull %s: %w; HTTPS_PROXY names a proxy, --from a mirror or a folder with a file that was fetched elsewhere", r.Name, err)
}

// pullFrom takes the file from a folder, by its name or by the last part of it.
func (s *session) pullFrom(r perceptual.Release, dir, target string) error {
	source := filepath.Join(dir, filepath.FromSlash(r.File))
	if _, err := os.Stat(source); errors.Is(err, fs.ErrNotExist) {
		source = filepath.Join(dir, path.Base(r.File))
	}
	err := download.Copy(source, target, r.SHA256)
	switch {
	case err == nil:
		return s.pulled(r, target)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("pull %s: %w; fetch %s and put it into %s", r.Name, err, r.URL, dir)
	}
	return fmt.Errorf("pull %s: %w", r.Name, err)
}

// pulled says what came.
func (s *session) pulled(r perceptual.Release, target string) error {
	_, err := fmt.Fprintf(s.stdout, "%s  %s  %s  %s\n", r.Name, target, fileSize(r.Size), r.Licence)
	return err
}
