package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/perceptual"
)

// torchFile is a file of torch.save: twelve tensors, 24 to 0 values each.
const torchFile = "../../internal/torchpickle/testdata/zip.pth"

// smallRelease is an official file that a test can serve, and its content.
func smallRelease() (perceptual.Release, []byte) {
	content := bytes.Repeat([]byte("weights "), 100_000)
	hash := sha256.Sum256(content)
	return perceptual.Release{
		Name: "small", File: "sub/small.pth", URL: "https://nowhere.invalid/small.pth",
		Size: int64(len(content)), SHA256: hex.EncodeToString(hash[:]), Licence: "BSD-2-Clause",
	}, content
}

// pulling runs session.pull and returns what report makes of it.
func pulling(ctx context.Context, r perceptual.Release, dir, from string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	s := &session{stdout: &out, stderr: &errs}
	code = report(&errs, s.pull(ctx, r, dir, from))
	return code, out.String(), errs.String()
}

func TestPullFromAMirror(t *testing.T) {
	r, content := smallRelease()
	requests := 0
	mirror := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		requests++
		require.Equal(t, "/models/sub/small.pth", request.URL.Path)
		http.ServeContent(w, request, "", time.Time{}, bytes.NewReader(content))
	}))
	defer mirror.Close()
	dir := filepath.Join(t.TempDir(), "new", "weights")
	code, stdout, stderr := pulling(t.Context(), r, dir, mirror.URL+"/models/")
	require.Equal(t, exitOK, code, stderr)
	target := filepath.Join(dir, "sub", "small.pth")
	require.Equal(t, "small  "+target+"  800.0 kB  BSD-2-Clause\n", stdout)
	require.Equal(t, string(content), readText(t, target))
	code, _, _ = pulling(t.Context(), r, dir, mirror.URL+"/models/")
	require.Equal(t, exitOK, code)
	require.Equal(t, 1, requests, "what is there is not fetched again")
}

func TestPullThatGoesWrong(t *testing.T) {
	r, _ := smallRelease()
	mirror := httptest.NewServer(http.NotFoundHandler())
	defer mirror.Close()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	other := filepath.Join(t.TempDir(), "small.pth")
	require.NoError(t, os.WriteFile(other, []byte("other weights"), 0o666))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name      string
		ctx       context.Context
		dir, from string
		code      int
		want      string
	}{
		{"not on the mirror", t.Context(), t.TempDir(), mirror.URL, exitFailure, "answers 404 Not Found; HTTPS_PROXY names a proxy, --from a mirror or a folder"},
		{"not in the folder", t.Context(), t.TempDir(), t.TempDir(), exitFailure, "no such file or directory; fetch https://nowhere.invalid/small.pth and put it into"},
		{"another file in the folder", t.Context(), t.TempDir(), filepath.Dir(other), exitFailure, "wrong SHA-256"},
		{"below a file", t.Context(), file, mirror.URL, exitFailure, "choose another one with --weights or TRUSTMAE_WEIGHTS"},
		{"no protocol that is known", t.Context(), t.TempDir(), "ftp://host/", exitFailure, "is no address to download from"},
		{"stopped", cancelled, t.TempDir(), mirror.URL, exitInterrupted, "the same command goes on from there"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := pulling(tt.ctx, r, tt.dir, tt.from)
			require.Equal(t, tt.code, code, stderr)
			require.Contains(t, lastLine(stderr), tt.want)
			require.Empty(t, stdout)
		})
	}
}

func TestPullTakesFilesFromAFolder(t *testing.T) {
	r, content := smallRelease()
	for _, name := range []string{"sub/small.pth", "small.pth"} {
		from, dir := t.TempDir(), t.TempDir()
		source := filepath.Join(from, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(source), 0o777))
		require.NoError(t, os.WriteFile(source, content, 0o666))
		code, _, stderr := pulling(t.Context(), r, dir, from)
		require.Equal(t, exitOK, code, stderr)
		require.Equal(t, string(content), readText(t, filepath.Join(dir, "sub", "small.pth")))
	}
}

// TestPullHonoursTheProxy runs a process of its own: net/http reads the
// environment once.
func TestPullHonoursTheProxy(t *testing.T) {
	asked := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.String()
		http.Error(w, "no", http.StatusTeapot)
	}))
	defer proxy.Close()
	program, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program, "weights", "pull", "lpips-alex", "--from", "http://mirror.invalid/w", "--weights", t.TempDir())
	cmd.Env = append(os.Environ(), asProgram+"=1", "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
	output, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(output), "answers 418 I'm a teapot")
	require.Equal(t, "http://mirror.invalid/w/lpips/alex.pth", <-asked)
}

func TestWeightsFolder(t *testing.T) {
	dir, err := weightsFolder()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(scratch, "weights"), dir, "the variable goes first")
	t.Setenv(weightsVariable, "")
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	dir, err = weightsFolder()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(cache, "trustmae", "weights"), dir)
}

func TestWeightsList(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "vgg19.pth"), nil, 0o666))
	stdout := mustCLI(t, "weights", "list", "--weights", dir)
	require.Contains(t, stdout, "folder "+dir)
	require.Regexp(t, `(?m)^vgg19 +vgg19\.pth +574\.7 MB +BSD-3-Clause +dcbb9e9d`, stdout)
	require.Regexp(t, `(?m)^lpips-alex +- +6\.0 kB +BSD-2-Clause +df73285e`, stdout)

	var listed struct {
		Folder  string
		Weights []weightsEntry
	}
	require.NoError(t, json.Unmarshal([]byte(mustCLI(t, "weights", "list", "--weights", dir, "--json")), &listed))
	require.Equal(t, dir, listed.Folder)
	require.Len(t, listed.Weights, len(perceptual.Releases()))
}

func TestConvertAndVerify(t *testing.T) {
	dir := t.TempDir()
	for dtype, tolerance := range map[string]float64{"f32": 0, "f16": 0} { // the ramp is exact in both
		out := filepath.Join(dir, dtype+".safetensors")
		require.Contains(t, mustCLI(t, "weights", "convert", torchFile, out, "--dtype", dtype), "12 tensors")
		tensors, metadata, err := safetensors.ReadFile(out)
		require.NoError(t, err)
		require.Len(t, tensors, 12)
		for _, x := range tensors {
			switch x.Name {
			case "conv.bias":
				require.Equal(t, safetensors.DType(strings.ToUpper(dtype)), x.DType)
				require.InDeltaSlice(t, []float32{-11. / 8, -4. / 8, 3. / 8}, x.Data, tolerance)
			case "num_batches_tracked":
				require.Equal(t, safetensors.F32, x.DType, "counters stay exact")
				require.Equal(t, []float32{300}, x.Data)
			}
		}
		require.Equal(t, "zip.pth", metadata["source"])
		require.Contains(t, mustCLI(t, "weights", "verify", out), "converted  "+out+": whole; it says that it was made from zip.pth")
	}
	t.Run("a bit flips", func(t *testing.T) {
		data := []byte(readText(t, filepath.Join(dir, "f32.safetensors")))
		data[len(data)-1] ^= 1
		require.NoError(t, os.WriteFile(filepath.Join(dir, "flipped.safetensors"), data, 0o666))
		code, stdout, stderr := cli(t, "weights", "verify", filepath.Join(dir, "flipped.safetensors"), filepath.Join(dir, "f32.safetensors"))
		require.Equal(t, exitFailure, code)
		require.Regexp(t, `(?m)^damaged .*flipped\.safetensors: file is damaged: digest`, stdout)
		require.Regexp(t, `(?m)^converted .*f32\.safetensors`, stdout)
		require.Contains(t, stderr, "1 of 2 files could not be verified")
	})
}

func TestVerifyFindsWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	torch := readText(t, torchFile)
	plain := filepath.Join(dir, "plain.safetensors")
	require.NoError(t, safetensors.WriteFile(plain, []safetensors.Tensor{{Name: "a", Shape: []int{1}, Data: []float32{1}}}, nil))
	for name, content := range map[string]string{
		"vgg19-dcbb9e9d.pth": torch, "other.pth": torch, "cut.pth": torch[:1000], "text.safetensors": "this is text",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666))
	}
	for _, tt := range []struct{ name, want string }{
		{"vgg19-dcbb9e9d.pth", `different .*want dcbb9e9d.*; delete it and run trustmae weights pull vgg19`},
		{"other.pth", `unknown .*holds no weights that trustmae uses; its SHA-256 is [0-9a-f]{64}`},
		{"plain.safetensors", `unknown .*holds no weights`},
		{"cut.pth", `damaged .*torch file is damaged`},
		{"text.safetensors", `damaged .*not a safetensors file`},
	} {
		code, stdout, stderr := cli(t, "weights", "verify", filepath.Join(dir, tt.name))
		require.Equal(t, exitFailure, code, stderr)
		require.Regexp(t, "^"+tt.want, stdout)
		require.Equal(t, 1, strings.Count(stdout, "\n"))
	}
	code, stdout, _ := cli(t, "weights", "verify", "--weights", dir)
	require.Equal(t, exitFailure, code)
	require.Equal(t, 1, strings.Count(stdout, "\n"), "only what a network is looked for in: %s", stdout)
	_, _, stderr := cli(t, "weights", "verify", "--weights", t.TempDir())
	require.Contains(t, stderr, "holds no weights; fetch some with trustmae weights pull NAME")
	_, _, stderr = cli(t, "weights", "verify", filepath.Join(dir, "missing"))
	require.Contains(t, stderr, "missing")
}

func TestConvertRefusals(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "text.pth")
	require.NoError(t, os.WriteFile(file, []byte("this is text"), 0o666))
	out := filepath.Join(dir, "out.safetensors")
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"dtype", []string{torchFile, out, "--dtype", "f64"}, exitUsage, `--dtype is "f64", want f32 or f16`},
		{"name", []string{torchFile, filepath.Join(dir, "out.pth")}, exitFailure, "does not end in .safetensors"},
		{"folder", []string{torchFile, filepath.Join(dir, "no", "out.safetensors")}, exitFailure, "does not exist; create it first"},
		{"not of torch", []string{file, out}, exitFailure, "not a file of torch.save"},
		{"a module", []string{filepath.Join(filepath.Dir(torchFile), "module_zip.pth"), out}, exitFailure, "is not allowed"},
		{"missing", []string{filepath.Join(dir, "missing.pth"), out}, exitFailure, "missing.pth"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, _, stderr := cli(t, append([]string{"weights", "convert"}, tt.args...)...)
			require.Equal(t, tt.code, code, stderr)
			require.Contains(t, stderr, tt.want)
			_, err := os.Stat(out)
			require.ErrorIs(t, err, os.ErrNotExist)
		})
	}
	large := safetensors.Tensor{Name: "a", DType: safetensors.F64, Shape: []int{2}, Data: []float32{1, -70000}}
	require.ErrorContains(t, store(&large, safetensors.F16), `tensor "a": value 1 is -70000, more than f16 can hold; use --dtype f32`)
	require.NoError(t, store(&large, safetensors.F32))
}

// TestTrainLooksForPulledWeights trains with a distance that needs a network.
func TestTrainLooksForPulledWeights(t *testing.T) {
	line, _, _ := fixtures(t)
	config := filepath.Join(t.TempDir(), "config.json")
	text := strings.NewReplacer(`"random"`, `"path"`, `{"map": "mse"}`, `{"map": "pd", "net": "squeeze"}`).Replace(tinyConfig)
	require.NoError(t, os.WriteFile(config, []byte(text), 0o666))
	train := func(t *testing.T, weights, config string) (code int, stderr string) {
		t.Helper()
		t.Setenv(weightsVariable, weights)
		code, _, stderr = cli(t, "train", line, "--model", filepath.Join(t.TempDir(), "m.safetensors"), "--config", config, "--epochs", "1")
		return code, stderr
	}
	t.Run("not all", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, "lpips"), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "lpips", "squeeze.pth"), nil, 0o666))
		code, stderr := train(t, dir, config)
		require.Equal(t, exitFailure, code)
		require.Contains(t, stderr, "squeezenet1_1-b8a52dc0.pth", "a network that is named has to be there")
		auto := filepath.Join(t.TempDir(), "auto.json")
		require.NoError(t, os.WriteFile(auto, []byte(strings.Replace(text, `"squeeze"`, `"auto"`, 1)), 0o666))
		code, stderr = train(t, dir, auto)
		require.Equal(t, exitOK, code, stderr)
		require.NotContains(t, stderr, "come from", "the embedded network serves")
	})
	t.Run("all", func(t *testing.T) {
		dir := sharedWeights(t)
		code, stderr := train(t, dir, config)
		require.Equal(t, exitOK, code, stderr)
		require.Contains(t, stderr, "pre-trained networks come from "+dir)
		require.NotContains(t, stderr, "WARNING")
	})
}

// sharedWeights returns the folder of pre-trained weights or skips the test.
func sharedWeights(t *testing.T) string {
	t.Helper()
	root := os.Getenv("TRUSTMAE_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(root, "weights")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no pre-trained weights: %v", err)
	}
	return dir
}

func TestOfficialFiles(t *testing.T) {
	from, dir := sharedWeights(t), t.TempDir()
	require.Contains(t, mustCLI(t, "weights", "pull", "lpips-alex", "lpips-vgg", "--from", from, "--weights", dir), "lpips-vgg")
	stdout := mustCLI(t, "weights", "verify", "--weights", dir)
	require.Equal(t, 2, strings.Count(stdout, "official"))
	renamed := filepath.Join(dir, "renamed.pth")
	require.NoError(t, os.Rename(filepath.Join(dir, "lpips", "alex.pth"), renamed))
	require.Contains(t, mustCLI(t, "weights", "verify", renamed), "official   "+renamed+": lpips-alex")
	out := filepath.Join(dir, "alex.safetensors")
	mustCLI(t, "weights", "convert", renamed, out)
	require.Contains(t, mustCLI(t, "weights", "verify", out), "made from the official file of lpips-alex")
}
