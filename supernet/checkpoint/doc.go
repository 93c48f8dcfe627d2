// Package checkpoint reads and writes the container of every binary file of
// this module: supernets, extracted networks, the state of a training run.
//
// A file is a fixed prefix, a msgpack header that describes named float32
// tensors, and the tensors themselves as raw little-endian payloads on 64-byte
// boundaries. Header and payloads each carry an XXH3 checksum, and every byte
// between them must be zero, so that no changed byte goes unnoticed. The bytes
// are described for other programs in docs/checkpoint.md.
//
// What a kind of file means by its metadata and tensor names is the business of
// the package that writes it; this one knows neither.
//
// Files are taken to be hostile: every length is checked against a limit and
// against the bytes that are left before anything is allocated for it, and the
// header is walked by its grammar, never decoded into whatever it says it is.
//
// It may import internal/atomicfile, msgpack and xxh3. Read file.go (File, Tensor) and
// limits.go first, then encode.go and decode.go.
package checkpoint
