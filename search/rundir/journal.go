package rundir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/espalier-nas/espalier/internal/atomicfile"
)

// Trial is one line of trials.jsonl: an architecture that one arm of a run has
// evaluated. The numbers are written so that they read back to the same bits.
type Trial struct {
	Arm      string  `json:"arm"`   // which part of the run evaluated it, such as "sample" or "random"
	Index    int     `json:"index"` // place within the arm, from 0
	Arch     string  `json:"arch"`  // text form of the space
	Strategy string  `json:"strategy,omitempty"`
	Latency  float64 `json:"latency"` // seconds per image, predicted
	FLOPs    int64   `json:"flops"`
	Params   int64   `json:"params"`
	Memory   int64   `json:"memory,omitempty"` // bytes; 0 in folders of earlier versions
	Size     int64   `json:"size,omitempty"`   // bytes of the file; 0 without a limit on it
	Energy   float64 `json:"energy,omitempty"` // joules per image, predicted; 0: unknown
	// Elsewhere holds predicted latencies on the other devices that limits are on, in their
	// order, seconds per image.
	Elsewhere []float64 `json:"elsewhere,omitempty"`
	// Accuracy is a fraction; of what a strategy proposes by prediction, whose Loss is 0, it is
	// what the search takes it to be worth.
	Accuracy float64 `json:"accuracy"`
	Loss     float64 `json:"loss"` // nats
	Reward   float64 `json:"reward"`
}

// Journal is a file of JSON lines that only grows. Each line ends with the checksum of what
// is before it; see sums.go.
type Journal[T any] struct {
	f    *os.File
	path string
	size int64 // of the whole lines
}

// OpenJournal opens or makes the journal at path and returns the lines that it
// holds. What an interrupted write or a power cut leaves at its end is cut off, and torn
// tells so: a last line without its end, lines of another checksum than they carry, or
// with zeros in them, that no good line follows, and what follows a block that the disk never
// got. Any other fault is an error with the line number.
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
	if err == nil && len(text) == 0 {
		err = atomicfile.SyncFolder(filepath.Dir(path)) // the file may be new
	}
	if err != nil {
		return nil, nil, false, fmt.Errorf("journal %s: %w", path, err)
	}
	lines, whole, err := parseLines[T](path, text)
	if err != nil {
		return nil, nil, false, err
	}
	j = &Journal[T]{f: f, path: path, size: int64(whole)}
	if err := j.cut(); err != nil {
		return nil, nil, false, fmt.Errorf("journal %s: %w", path, err)
	}
	return j, lines, whole < len(text), nil
}

// cut leaves the whole lines, and goes to their end.
func (j *Journal[T]) cut() error {
	if err := j.f.Truncate(j.size); err != nil {
		return err
	}
	_, err := j.f.Seek(j.size, io.SeekStart)
	return err
}

// ReadJournal returns the lines of the journal at path without changing it. A torn end is
// left out, as OpenJournal does.
func ReadJournal[T any](path string) ([]T, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	lines, _, err := parseLines[T](path, text)
	return lines, err
}

// ExamineJournal returns how many whole lines the journal at path has, and a fault for every other one: also for those at its
// end, which OpenJournal would cut off.
func ExamineJournal(path string) (whole int, faults []error, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, nil, fmt.Errorf("journal: %w", err)
	}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		object, ended := bytes.CutSuffix(line, []byte{'\n'})
		_, err := parseLine[map[string]any](object)
		if !ended {
			err = fmt.Errorf("%w: it has no end", errTorn)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("line %d: %w", n, err))
			continue
		}
		whole++
	}
	return whole, faults, nil
}

// parseLines returns the lines of a journal and the bytes that they take; what is behind
// them is torn.
func parseLines[T any](path string, text []byte) (lines []T, whole int, err error) {
	var fault error
	for n, at := 1, 0; ; n++ {
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			return lines, whole, nil
		}
		v, err := parseLine[T](text[at : at+end])
		hole := holed(text[:at+end], at)
		at += end + 1
		switch {
		case hole:
			return lines, whole, nil
		case errors.Is(err, errTorn):
			if fault == nil {
				fault = fmt.Errorf("journal %s, line %d: %w", path, n, err)
			}
		case err != nil:
			return nil, 0, fmt.Errorf("journal %s, line %d: %w", path, n, err)
		case fault != nil:
			return nil, 0, fmt.Errorf("%w, and good lines follow", fault)
		default:
			lines, whole = append(lines, v), at
		}
	}
}

// sector is a length that all blocks of disks are multiples of, in bytes.
const sector = 512

// holed tells whether the bytes of text from at on have zeros up to the end of a sector. That is how
// a block reads that had not reached the disk when one behind it had: nothing from there on was synced.
func holed(text []byte, at int) bool {
	for end := (at/sector + 1) * sector; end <= len(text); end += sector {
		if text[end-1] == 0 {
			return true
		}
	}
	return false
}

func parseLine[T any](line []byte) (v T, err error) {
	text, err := withoutSum(line)
	if err != nil {
		return v, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, err
	}
	if d.InputOffset() != int64(len(text)) {
		return v, errors.New("want one JSON object and nothing after it")
	}
	return v, nil
}

// Append writes lines at the end of the file, with one write. After an error the file ends
// as before it.
func (j *Journal[T]) Append(lines ...T) error {
	text, err := formatLines(lines)
	if err != nil {
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	if _, err := j.f.Write(text); err != nil {
		return fmt.Errorf("journal %s: %w", j.path, errors.Join(err, j.cut()))
	}
	j.size += int64(len(text))
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
		buf.Write(withSum(text))
		buf.WriteByte('\n')
	}
	return buf.Bytes(), nil
}
