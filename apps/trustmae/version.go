package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/kernels/cpu"
)

// release is set by the linker (-X main.release=v1.2.3) in released binaries.
var release string

// version names this build: the release, the module's version, or the commit.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	commit, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			commit = "-" + s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "-modified"
		}
	}
	return "devel" + commit + modified
}

func newVersion(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version and what it runs on",
		Args:  wantArgs(false),
		RunE: func(*cobra.Command, []string) error {
			backend, err := cpu.Default()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.stdout, "trustmae %s\n%s %s/%s, %s, %s\n",
				version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, backend.Name(), plural(backend.Threads(), "thread"))
			return err
		},
	}
}
