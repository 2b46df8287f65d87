package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/perceptual"
)

// weightsVariable names the folder of weights in the environment.
const weightsVariable = "TRUSTMAE_WEIGHTS"

// weightsFlags choose the folder that the commands work on.
type weightsFlags struct{ dir string }

func newWeights(s *session) *cobra.Command {
	var f weightsFlags
	cmd := &cobra.Command{
		Use:   "weights",
		Short: "List, fetch, check and convert pre-trained feature networks",
		Long: `Work on the folder of pre-trained feature networks that train looks into.

Without --weights it is the one that ` + weightsVariable + ` names, or else trustmae/weights
in the user's cache folder. Only pull ever uses the network, and only when asked.`,
		Args: subcommandOnly,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&f.dir, "weights", "", "`DIR` with the weights")
	cmd.AddCommand(newWeightsList(s, &f), newWeightsPull(s, &f), newWeightsVerify(s, &f), newWeightsConvert(s))
	return cmd
}

// folder is the one that the flags name, or the default.
func (f *weightsFlags) folder() (string, error) {
	if f.dir != "" {
		return f.dir, nil
	}
	return weightsFolder()
}

// weightsFolder is where pulled weights go and where train looks, there or not.
func weightsFolder() (string, error) {
	if dir := os.Getenv(weightsVariable); dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no cache folder for weights (%w); name one with --weights or %s", err, weightsVariable)
	}
	return filepath.Join(cache, "trustmae", "weights"), nil
}

// pulledWeights is the default folder if it holds weights, "" otherwise.
func pulledWeights() string {
	dir, err := weightsFolder()
	if err != nil {
		return ""
	}
	for _, r := range perceptual.Releases() {
		if _, err := r.Find(dir); err == nil {
			return dir
		}
	}
	return ""
}

// releaseOf returns the official weights of a name.
func releaseOf(cmd *cobra.Command, name string) (perceptual.Release, error) {
	var names []string
	for _, r := range perceptual.Releases() {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return perceptual.Release{}, usage(cmd, "there are no weights called %q; there are %s", name, strings.Join(names, ", "))
}

// fileSize writes a number of bytes as people do.
func fileSize(bytes int64) string {
	if bytes < 1e6 {
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}

func newWeightsList(s *session, f *weightsFlags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the networks that can be used and where they are",
		Args:  wantArgs(false),
		RunE: func(*cobra.Command, []string) error {
			dir, err := f.folder()
			if err != nil {
				return err
			}
			return listWeights(s, dir, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// weightsEntry is what list tells of one network.
type weightsEntry struct {
	Name    string `json:"name"`
	Found   string `json:"found"` // file in the folder; "" for none
	File    string `json:"file"`  // official name
	URL     string `json:"url"`
	Size    int64  `json:"size"`
	SHA256  string `json:"sha256"`
	Licence string `json:"licence"`
}

func listWeights(s *session, dir string, asJSON bool) error {
	var entries []weightsEntry
	for _, r := range perceptual.Releases() {
		entry := weightsEntry{Name: r.Name, File: r.File, URL: r.URL, Size: r.Size, SHA256: r.SHA256, Licence: r.Licence}
		path, err := r.Find(dir)
		switch {
		case err == nil:
			entry.Found = path
		case !errors.Is(err, perceptual.ErrNoWeights):
			return err
		}
		entries = append(entries, entry)
	}
	if asJSON {
		out := json.NewEncoder(s.stdout)
		out.SetIndent("", "  ")
		return out.Encode(map[string]any{"folder": dir, "weights": entries})
	}
	fmt.Fprintf(s.stdout, "folder %s\n", dir)
	table := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tFOUND\tOFFICIAL SIZE\tLICENCE\tOFFICIAL SHA256")
	for _, e := range entries {
		found := e.Found
		if inside, err := filepath.Rel(dir, e.Found); err == nil {
			found = inside
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", e.Name, cmp.Or(found, "-"), fileSize(e.Size), e.Licence, e.SHA256)
	}
	return table.Flush()
}
