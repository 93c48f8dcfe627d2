package rundir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Trial is one line of trials.jsonl: an architecture that one arm of a run has
// judged. The numbers are written so that they read back to the same bits.
type Trial struct {
	Arm      string  `json:"arm"`   // which part of the run judged it, such as "sample" or "random"
	Index    int     `json:"index"` // place within the arm, from 0
	Arch     string  `json:"arch"`  // text form of the space
	Strategy string  `json:"strategy,omitempty"`
	Latency  float64 `json:"latency"` // seconds per image, predicted
	FLOPs    int64   `json:"flops"`
	Params   int64   `json:"params"`
	Accuracy float64 `json:"accuracy"` // fraction
	Loss     float64 `json:"loss"`     // nats
	Reward   float64 `json:"reward"`
}

// Journal is a file of JSON lines that only grows.
type Journal[T any] struct {
	f    *os.File
	path string
}

// OpenJournal opens or makes the journal at path and returns the lines that it
// holds. A last line without its end is what an interrupted write leaves: it is
// cut off, and torn tells so. Any other fault is an error with the line number.
func OpenJournal[T any](path string) (j *Journal[T], lines []T, torn bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, nil, false, fmt.Errorf("journal: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, nil, false, fmt.Errorf("journal %s: %w", path, err)
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	if lines, err = parseLines[T](path, text[:whole]); err != nil {
		return nil, nil, false, err
	}
	if err := f.Truncate(int64(whole)); err != nil {
		return nil, nil, false, fmt.Errorf("journal %s: %w", path, err)
	}
	if _, err := f.Seek(int64(whole), io.SeekStart); err != nil {
		return nil, nil, false, fmt.Errorf("journal %s: %w", path, err)
	}
	return &Journal[T]{f: f, path: path}, lines, whole < len(text), nil
}

// ReadJournal returns the lines of the journal at path without changing it.
func ReadJournal[T any](path string) ([]T, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return parseLines[T](path, text[:bytes.LastIndexByte(text, '\n')+1])
}

func parseLines[T any](path string, text []byte) ([]T, error) {
	var lines []T
	for n := 1; len(text) > 0; n++ {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		text = rest
		var v T
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&v); err != nil {
			return nil, fmt.Errorf("journal %s, line %d: %w", path, n, err)
		}
		if d.InputOffset() != int64(len(line)) {
			return nil, fmt.Errorf("journal %s, line %d: want one JSON object and nothing after it", path, n)
		}
		lines = append(lines, v)
	}
	return lines, nil
}

// Append writes lines at the end of the file, with one write.
func (j *Journal[T]) Append(lines ...T) error {
	text, err := formatLines(lines)
	if err != nil {
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	if _, err := j.f.Write(text); err != nil {
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	return nil
}

// Sync forces what was appended to the disk.
func (j *Journal[T]) Sync() error {
	if err := j.f.Sync(); err != nil {
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	return nil
}

// Close syncs and closes the file.
func (j *Journal[T]) Close() error { return errors.Join(j.Sync(), j.f.Close()) }

// WriteLines replaces the file at path by these JSON lines.
func WriteLines[T any](path string, lines []T) error {
	text, err := formatLines(lines)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return WriteFile(path, text)
}

func formatLines[T any](lines []T) ([]byte, error) {
	var buf bytes.Buffer
	for _, v := range lines {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		buf.Write(text)
		buf.WriteByte('\n')
	}
	return buf.Bytes(), nil
}
