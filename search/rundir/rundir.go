// Package rundir is the folder that a run leaves behind: where its files are,
// how they are replaced without ever being half written, and how two processes
// are kept out of one folder.
//
//	config.yaml         effective configuration
//	log.txt             everything that was logged
//	state.json          phases done, their times, and what must not be done twice
//	supernet.msgpack    shared weights and training state
//	latency.json        measured latencies of layers and networks
//	elsewhere-1.json    latencies of the first of the other devices that limits are on, and so on
//	probes.csv          networks measured on another runtime, if that counts
//	trials.jsonl        one evaluated architecture per line
//	prior.jsonl         those of an earlier run that the predictor begins with, if it does
//	tests.jsonl         networks evaluated by hand on the test split or pictures that it is among, one per line
//	controller.jsonl    condition of the controller, one update per line
//	finish.jsonl        one line per candidate and rung of finishing
//	finish/             candidates on their way up
//	fidelity.csv        results of training architectures alone, beside which the supernet was evaluated
//	fidelity.svg        their plot
//	networks/           the chosen networks, and rivals, ready to run
//	alone.msgpack       weights and training state of the one network of train --arch
//	repeat-1/           the first repetition of search and finishing (--seeds), a folder like this one, and so on
//	*.training          training state of rivals; of candidates it is in finish/. It goes when the training has ended
//	report.json, report.txt
//	checks.txt          what the search measured about itself
//	pareto.svg          accuracy against latency
//
// It may import internal/atomicfile, xxh3 and x/sys. Read Dir here, then journal.go (files
// of one line after the other, each with a checksum).
package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/espalier-nas/espalier/internal/atomicfile"
)

// Names of the files in a run folder.
const (
	Config     = "config.yaml"
	Log        = "log.txt"
	State      = "state.json"
	Supernet   = "supernet.msgpack"
	Latency    = "latency.json"
	Probes     = "probes.csv"
	Trials     = "trials.jsonl"
	Prior      = "prior.jsonl"
	Tests      = "tests.jsonl"
	Controller = "controller.jsonl"
	Finish     = "finish.jsonl"
	Finishing  = "finish"
	Networks   = "networks"
	ReportJSON = "report.json"
	ReportText = "report.txt"
	Checks     = "checks.txt"
	Picture    = "pareto.svg"
)

// Alone is what a network that was trained alone is called, in Networks.
const Alone = "alone"

// Elsewhere names the latencies of the other device number i, from 0, that limits are on.
func Elsewhere(i int) string { return fmt.Sprintf("elsewhere-%d.json", i+1) }

// freshName is what folders are called when the user names none.
const freshName = "espalier-run-%d"

// maxFresh bounds the search for a free number.
const maxFresh = 100000

// maxJSON bounds a JSON file that is read back, in bytes.
const maxJSON = 256 << 20

// Dir is a run folder, locked against other processes until Close.
type Dir struct {
	path string
	lock *os.File
	made bool // by this process, in Create
	own  bool // with its folder, which was not there
}

// Create makes a new run folder: path, which must not exist or hold nothing but what a start
// leaves that was killed before its configuration was saved, or ./espalier-run-N with the
// first free N if path is "".
func Create(path string) (*Dir, error) {
	own := true
	if path == "" {
		var err error
		if path, err = fresh(); err != nil {
			return nil, err
		}
	} else {
		_, err := os.Stat(path)
		own = errors.Is(err, os.ErrNotExist)
		if err := os.MkdirAll(path, 0o755); err != nil {
			return nil, fmt.Errorf("run folder: %w", err)
		}
	}
	d, err := lock(path)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	if err == nil && !nothingDone(entries) {
		err = fmt.Errorf("%s is not empty; want a new folder, or --resume to continue a run", path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("run folder: %w", err), d.Close())
	}
	d.made, d.own = true, own
	return d, nil
}

// nothingDone reports whether a folder holds at most a log, a journal without lines, and
// a state and a prior that no configuration goes with.
func nothingDone(entries []fs.DirEntry) bool {
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || e.Name() != Log && e.Name() != State && e.Name() != Prior && (e.Name() != Trials || info.Size() > 0) {
			return false
		}
	}
	return true
}

// Discard empties a folder that this process has made and in which nothing was done yet,
// and removes it if it was not there before: a start that failed must not stand in the way
// of the next. The folder stays locked. Of other folders it does nothing.
func (d *Dir) Discard() error {
	if !d.made {
		return nil
	}
	names := []string{Config, Log, State, Prior, Trials, Probes}
	for i := 0; d.Has(Elsewhere(i)); i++ {
		names = append(names, Elsewhere(i))
	}
	for _, name := range names {
		if err := os.Remove(d.Path(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("run folder: %w", err)
		}
	}
	if !d.own {
		return nil
	}
	if err := os.Remove(d.path); err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	return nil
}

// fresh claims the first free numbered folder; Mkdir decides, so that two
// processes never get one folder.
func fresh() (string, error) {
	for n := 1; n <= maxFresh; n++ {
		path := fmt.Sprintf(freshName, n)
		err := os.Mkdir(path, 0o755)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, os.ErrExist) {
			return "", fmt.Errorf("run folder: %w", err)
		}
	}
	return "", fmt.Errorf("run folder: %d folders are called like %s; want --out", maxFresh, fmt.Sprintf(freshName, 1))
}

// Open locks the run folder at path, in order to continue it.
func Open(path string) (*Dir, error) {
	if _, err := os.Stat(filepath.Join(path, Config)); err != nil {
		return nil, fmt.Errorf("%s is no run folder: %w", path, err)
	}
	return lock(path)
}

// View names the files of the folder at path without locking it, for reading.
func View(path string) *Dir { return &Dir{path: path} }

// lock keeps other processes out of the folder. The lock goes away with the
// process, however that ends, and leaves no file behind. Files that an earlier process was
// killed over are removed.
func lock(path string) (*Dir, error) {
	f, err := lockFolder(path)
	if err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}
	for _, dir := range []string{"", Finishing, Networks} {
		if err := atomicfile.Sweep(filepath.Join(path, dir)); err != nil {
			return nil, errors.Join(fmt.Errorf("run folder: %w", err), f.Close())
		}
	}
	return &Dir{path: path, lock: f}, nil
}

func errInUse(path string) error { return fmt.Errorf("%s is in use by another process", path) }

// Close unlocks the folder.
func (d *Dir) Close() error {
	if d.lock == nil {
		return nil
	}
	return d.lock.Close()
}

// Path returns the folder, or the path of a file in it.
func (d *Dir) Path(elem ...string) string {
	return filepath.Join(append([]string{d.path}, elem...)...)
}

// Has reports whether the folder holds a file of this name.
func (d *Dir) Has(name string) bool {
	_, err := os.Stat(d.Path(name))
	return err == nil
}

// Write replaces a file: after a crash at any moment it holds either the old or
// the new content.
func (d *Dir) Write(name string, content []byte) error { return WriteFile(d.Path(name), content) }

// WriteFile replaces the file at path as Dir.Write does.
func WriteFile(path string, content []byte) error {
	if err := atomicfile.WriteBytes(path, content); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// WriteJSON replaces a file by v as indented JSON.
func (d *Dir) WriteJSON(name string, v any) error { return WriteJSON(d.Path(name), v) }

// WriteJSON replaces the file at path by v as indented JSON.
func WriteJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return WriteFile(path, append(text, '\n'))
}

// ReadJSON decodes a file of the folder into v; fields that v does not have are
// errors.
func (d *Dir) ReadJSON(name string, v any) error { return ReadJSON(d.Path(name), v) }

// ReadJSON decodes the file at path into v; fields that v does not have and
// anything after the value are errors.
func ReadJSON(path string, v any) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	defer f.Close()
	dec := json.NewDecoder(io.LimitReader(f, maxJSON))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("read %s, byte %d: %w", path, dec.InputOffset(), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s, byte %d: want nothing after the JSON value", path, dec.InputOffset())
	}
	return nil
}
