// Package safetensors reads and writes the safetensors format: an 8-byte
// little-endian header length, a JSON header that gives every tensor a dtype,
// a shape and a byte range, then the raw little-endian values. Format rules:
// https://github.com/huggingface/safetensors#format.
//
// Reading trusts nothing. Lengths, ranges, shapes and overlaps are checked
// against the size of the file before anything is allocated for them; every
// mistake is an error that names the tensor. Writing is deterministic: the
// same tensors and metadata give the same bytes, laid out as Python's library
// lays them out (header padded to 8 bytes, wider dtypes first, then by name).
//
// The format itself cannot tell a flipped bit in the values or in a metadata
// string; Seal and Verify keep a SHA-256 over both in the metadata.
package safetensors
