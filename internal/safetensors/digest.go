package safetensors

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
)

// DigestKey is the metadata key under which Seal keeps the digest.
const DigestKey = "sha256"

// Digest returns the hexadecimal SHA-256 of the file that Write makes of
// tensors and metadata, leaving DigestKey out. It therefore covers names,
// shapes, stored values and metadata, and does not depend on the order of
// tensors. The errors are Write's.
func Digest(tensors []Tensor, metadata map[string]string) (string, error) {
	bare := maps.Clone(metadata)
	delete(bare, DigestKey)
	hash := sha256.New()
	if err := Write(hash, tensors, bare); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// Seal returns a copy of metadata with the digest added: what to give Write
// so that Verify can tell damage later.
func Seal(tensors []Tensor, metadata map[string]string) (map[string]string, error) {
	digest, err := Digest(tensors, metadata)
	if err != nil {
		return nil, err
	}
	sealed := map[string]string{DigestKey: digest}
	for key, value := range metadata {
		if key != DigestKey {
			sealed[key] = value
		}
	}
	return sealed, nil
}

// Verify reports, as an error, tensors or metadata that differ from what Seal
// saw, or metadata without a digest.
func Verify(tensors []Tensor, metadata map[string]string) error {
	want := metadata[DigestKey]
	if want == "" {
		return fmt.Errorf("file carries no %s digest: it was not written by this program or is damaged", DigestKey)
	}
	got, err := Digest(tensors, metadata)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("file is damaged: digest of its content is %.12s…, want %.12s…; copy it again", got, want)
	}
	return nil
}
