package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// emittedWords lists every WORD of the arm64 files once, with the text beside it.
func emittedWords(t *testing.T) (codes []uint32, texts []string) {
	t.Helper()
	seen := map[uint32]string{}
	pattern := regexp.MustCompile(`WORD \$(0x[0-9a-f]{8}) // (.*)`)
	for name, emit := range outputs {
		if !strings.HasSuffix(name, "_arm64.s") {
			continue
		}
		var e emitter
		emit(&e)
		for _, m := range pattern.FindAllStringSubmatch(string(e.bytes()), -1) {
			code, err := strconv.ParseUint(m[1], 0, 32)
			if err != nil {
				t.Fatal(err)
			}
			if old, ok := seen[uint32(code)]; ok {
				if old != m[2] {
					t.Errorf("%s is both %q and %q", m[1], old, m[2])
				}
				continue
			}
			seen[uint32(code)] = m[2]
			codes, texts = append(codes, uint32(code)), append(texts, m[2])
		}
	}
	if len(codes) < 100 {
		t.Fatalf("found %d instructions, want hundreds", len(codes))
	}
	return codes, texts
}

// TestWordsAgainstDisassembler compares every WORD constant with the text beside
// it.
func TestWordsAgainstDisassembler(t *testing.T) {
	objdump, err := exec.LookPath("aarch64-linux-gnu-objdump")
	if err != nil {
		t.Skip("aarch64-linux-gnu-objdump is missing (Debian: binutils-aarch64-linux-gnu)")
	}
	codes, texts := emittedWords(t)
	file := filepath.Join(t.TempDir(), "words")
	var text []byte
	for _, c := range codes {
		text = append(text, byte(c), byte(c>>8), byte(c>>16), byte(c>>24))
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(objdump, "-D", "-z", "-b", "binary", "-m", "aarch64", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^ *[0-9a-f]+:\t[0-9a-f]{8} \t(.*)$`).FindAllStringSubmatch(string(out), -1)
	if len(lines) != len(codes) {
		t.Fatalf("%d instructions disassembled, want %d", len(lines), len(codes))
	}
	for i, line := range lines {
		if got := strings.ReplaceAll(line[1], "\t", " "); got != texts[i] {
			t.Errorf("0x%08x is %q, want %q", codes[i], got, texts[i])
		}
	}
	t.Logf("%d instructions", len(codes))
}
