package latency

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

// File is what a latency file holds: what a device takes for layers and for whole
// networks, in seconds per forward pass of Batch images.
type File struct {
	Batch    int             `json:"batch"`
	Table    json.RawMessage `json:"table"` // bench.Table
	Networks []Network       `json:"networks"`
	Probed   *Probed         `json:"probed,omitempty"` // nil: all was measured, however long it took
}

// Network is one whole network that was measured.
type Network struct {
	Arch    string       `json:"arch"`
	Sample  bench.Sample `json:"sample"`
	Found   bool         `json:"found,omitempty"`   // chosen by a search: not part of what the model learns from
	Timings int          `json:"timings,omitempty"` // of which Sample is the fastest; 0: not found, or by an earlier version
}

// recorded is a device that is known from a file only.
type recorded struct{ name, path string }

// Name implements bench.Device.
func (d recorded) Name() string { return d.name }

// Time implements bench.Device: nothing can be measured.
func (d recorded) Time(context.Context, space.Plan, bench.Effort) (bench.Sample, error) {
	return bench.Sample{}, fmt.Errorf("%s holds latencies of %s, which is not this machine and cannot be measured; want a file that measure wrote there for this space", d.path, d.name)
}

// read takes over a latency file.
func (l *Model) read(path string) error {
	var f File
	if err := rundir.ReadJSON(path, &f); err != nil {
		return err
	}
	var head struct {
		Device string `json:"device"`
	}
	if err := json.Unmarshal(f.Table, &head); err != nil {
		return fmt.Errorf("%s: table: %w", path, err)
	}
	if f.Batch != l.batch {
		return fmt.Errorf("%s: batch is %d; want %d, that of device.batch", path, f.Batch, l.batch)
	}
	if head.Device != l.device.Name() {
		l.device = recorded{head.Device, path}
	}
	l.Probed = f.Probed
	l.table = bench.NewTable(l.device)
	if err := l.table.Restore(f.Table); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for i, n := range f.Networks {
		a, err := l.family.Space().Parse(n.Arch)
		if err != nil {
			return fmt.Errorf("%s: networks[%d]: %w", path, i, err)
		}
		if !(n.Sample.Median > 0) {
			return fmt.Errorf("%s: networks[%d]: median is %v s; want more than 0", path, i, n.Sample.Median)
		}
		l.Note(a, n.Sample, n.Found)
		if n.Timings > 0 {
			l.timings[a] = n.Timings
		}
	}
	return nil
}

// rareLayers is the share of the layers of a space that a table of another machine may lack:
// those that hardly any architecture has are estimated, as in a probing of bounded time.
const rareLayers = 0.02

// Covers returns an error that names layers if the table of a machine that cannot be measured
// here lacks some of the extremes, or more than a few.
func (l *Model) Covers(seed uint64) error {
	if l.Local() {
		return nil
	}
	var ends layerCount
	ends.add(l.family.Plan(l.family.Extremes().Smallest))
	ends.add(l.family.Plan(l.family.Extremes().Largest))
	all := l.layers(seed, time.Time{})
	var lacks []string
	must := false
	for _, x := range all {
		if _, known := l.table.Lookup(x); !known {
			lacks = append(lacks, x.String())
			must = must || ends.times[x] > 0
		}
	}
	if !must && float64(len(lacks)) <= rareLayers*float64(len(all)) {
		return nil
	}
	return fmt.Errorf("%s: %d of the %d layers of this space, with pictures of this size, are not in this table of %s, such as %s; want a table that measure wrote there for this space",
		l.device.(recorded).path, len(lacks), len(all), l.Device(), strings.Join(lacks[:min(3, len(lacks))], ", "))
}

// Note takes over a measurement of a network, seconds per pass; the first one of each counts.
// What a search has chosen (found) is not what the model learns from.
func (l *Model) Note(a space.Arch, s bench.Sample, found bool) {
	if _, known := l.timed[a]; known {
		return
	}
	l.timed[a] = s
	if found {
		l.found = append(l.found, a)
	} else {
		l.random = append(l.random, a)
	}
}

// save replaces the file.
func (l *Model) save() error {
	table, err := json.Marshal(l.table)
	if err != nil {
		return err
	}
	f := File{Batch: l.batch, Table: table, Probed: l.Probed}
	for found, archs := range [][]space.Arch{l.random, l.found} {
		for _, a := range archs {
			f.Networks = append(f.Networks, Network{l.family.Space().Format(a), l.timed[a], found == 1, l.timings[a]})
		}
	}
	return rundir.WriteJSON(l.path, f)
}
