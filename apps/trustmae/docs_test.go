package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

func readText(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

func TestManualNamesEveryCommandFlagAndExitCode(t *testing.T) {
	manual := readText(t, "../../docs/cli.md")
	for _, cmd := range commands(newRoot(&session{})) {
		require.Contains(t, manual, "`"+cmd.CommandPath())
		check := func(f *pflag.Flag) {
			require.Contains(t, manual, "`--"+f.Name, "flag of %s", cmd.CommandPath())
		}
		cmd.Flags().VisitAll(check)
		cmd.PersistentFlags().VisitAll(check)
	}
	for _, code := range []int{exitOK, exitFailure, exitUsage, exitUnreadable, exitInternal, exitInterrupted} {
		require.Contains(t, manual, fmt.Sprintf("\n| %d |", code))
	}
	for _, flag := range regexp.MustCompile("`--([a-z]+)").FindAllStringSubmatch(manual, -1) {
		require.True(t, someCommandHas(flag[1]), "the manual has --%s, no command does", flag[1])
	}
}

func someCommandHas(flag string) bool {
	root := newRoot(&session{})
	return slices.ContainsFunc(append(commands(root), root), func(c *cobra.Command) bool {
		return c.Flags().Lookup(flag) != nil || c.PersistentFlags().Lookup(flag) != nil
	})
}

// commands lists what is below a command, at any depth.
func commands(parent *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, c := range parent.Commands() {
		list = append(append(list, c), commands(c)...)
	}
	return list
}

// The readme's program is the compiled example, but for its indentation.
func TestReadmeShowsTheExample(t *testing.T) {
	_, after, found := strings.Cut(readText(t, "../../README.md"), "```go\n")
	require.True(t, found)
	shown, _, found := strings.Cut(after, "\n```")
	require.True(t, found)
	var indented strings.Builder
	for line := range strings.Lines(shown) {
		if line != "\n" {
			line = "\t" + line
		}
		indented.WriteString(line)
	}
	require.Contains(t, readText(t, "../../memae/example_test.go"), indented.String())
}
