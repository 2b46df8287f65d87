package perceptual

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/internal/download"
)

// TestReleases holds the list to what can be known without the files.
func TestReleases(t *testing.T) {
	seen := map[string]bool{}
	inName := regexp.MustCompile(`-([0-9a-f]{8})\.pth$`)
	for _, r := range Releases() {
		require.Regexp(t, `^[0-9a-f]{64}$`, r.SHA256, r.Name)
		require.Positive(t, r.Size, r.Name)
		require.Contains(t, r.plan.files, r.File, "OpenWeights has to find what was fetched")
		u, err := url.Parse(r.URL)
		require.NoError(t, err)
		require.Equal(t, "https", u.Scheme)
		for _, once := range []string{r.Name, r.File, r.URL, r.SHA256} {
			require.False(t, seen[once], once)
			seen[once] = true
		}
		if m := inName.FindStringSubmatch(r.File); m != nil {
			require.Equal(t, m[1], r.SHA256[:8], "torchvision's names carry the begin of the hash")
		} else {
			require.Contains(t, r.File, "lpips/")
		}
	}
	for _, n := range networks {
		if n == Embedded {
			continue // this library's own comes with it
		}
		require.True(t, slices.ContainsFunc(Releases(), func(r Release) bool { return r.Name == string(n) }), n)
	}
}

// TestReleasesOnRealFiles compares the list with the files that are there.
func TestReleasesOnRealFiles(t *testing.T) {
	dir := sharedWeights(t)
	for _, r := range Releases() {
		t.Run(r.Name, func(t *testing.T) {
			path, err := r.Find(dir)
			if errors.Is(err, ErrNoWeights) {
				t.Skip(err)
			}
			require.NoError(t, err)
			require.NoError(t, r.Fits(path))
			if path == filepath.Join(dir, filepath.FromSlash(r.File)) {
				stat, err := os.Stat(path)
				require.NoError(t, err)
				require.Equal(t, r.Size, stat.Size())
				require.NoError(t, download.Check(path, r.SHA256))
			}
		})
	}
}
