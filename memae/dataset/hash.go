package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
)

// Hash returns the SHA-256, in hexadecimal, over names (Rel) and contents of
// the samples: the identity of a training set. The order of samples and the
// place of the folder do not matter. Masks and labels are not part of it.
func Hash(samples []Sample) (string, error) {
	sorted := slices.Clone(samples)
	sortSamples(sorted)
	total := sha256.New()
	for _, s := range sorted {
		sum, err := hashFile(s.Path)
		if err != nil {
			return "", err
		}
		// The length keeps names and contents apart.
		var length [8]byte
		binary.LittleEndian.PutUint64(length[:], uint64(len(s.Rel)))
		total.Write(length[:])
		total.Write([]byte(s.Rel))
		total.Write(sum[:])
	}
	return hex.EncodeToString(total.Sum(nil)), nil
}

// hashFile returns the SHA-256 of a file's content.
func hashFile(path string) (sum [sha256.Size]byte, err error) {
	file, err := openRegular(path)
	if err != nil {
		return sum, fmt.Errorf("dataset: hash photo: %w", err)
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return sum, fmt.Errorf("dataset: hash photo: %w", err)
	}
	h.Sum(sum[:0])
	return sum, nil
}
