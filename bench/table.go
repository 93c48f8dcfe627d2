package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Table is the latency of single layers on one device, most of them measured.
type Table struct {
	device Device
	layers map[space.Layer]entry
	kin    estimator // of the measured layers; nil: to be learnt anew
}

// entry is what is known of a layer.
type entry struct {
	Sample
	estimated bool // by what other layers took
}

// NewTable returns an empty table of d.
func NewTable(d Device) *Table { return &Table{device: d, layers: map[space.Layer]entry{}} }

// Len returns the number of layers measured.
func (t *Table) Len() int { return len(t.layers) - t.Estimated() }

// Estimated returns the number of layers that are estimated.
func (t *Table) Estimated() int {
	n := 0
	for _, e := range t.layers {
		if e.estimated {
			n++
		}
	}
	return n
}

// Rounds returns the median number of rounds that the measured layers had.
func (t *Table) Rounds() int {
	var all []int
	for _, e := range t.layers {
		if !e.estimated {
			all = append(all, e.Rounds)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// Lookup returns the median latency of a layer in seconds, measured or
// estimated, if it is known.
func (t *Table) Lookup(l space.Layer) (seconds float64, ok bool) {
	e, ok := t.layers[l]
	return e.Median, ok
}

// Guessed returns the share of the layers' time in a plan that is estimated; layers that the table
// lacks do not count.
func (t *Table) Guessed(p space.Plan) float64 {
	guessed, all := 0.0, 0.0
	for _, s := range p {
		e := t.layers[s.Layer]
		all += e.Median
		if e.estimated {
			guessed += e.Median
		}
	}
	if all == 0 {
		return 0
	}
	return guessed / all
}

// Measure visits those of the layers that were not measured, in as many sweeps as there are Visits.
func (t *Table) Measure(ctx context.Context, layers []space.Layer) error {
	p := Unhurried()
	if err := t.Pilot(ctx, layers, p); err != nil {
		return err
	}
	missing := t.lacking(layers, Visits)
	for v := range Visits {
		if _, err := t.Sweep(ctx, missing, v+1, p, nil); err != nil {
			return err
		}
	}
	return nil
}

// alone returns the plan of one layer. What reads several maps reads one several times; an
// input of one pixel is the mean of that map, whose time counts with it.
func alone(l space.Layer) space.Plan {
	var p space.Plan
	s := space.Step{Layer: l}
	if _, ok := l.Weight(); ok {
		s.Weight, s.Bias = "weight", true
	}
	for k := range max(l.Inputs(), 1) {
		from := space.Image
		if h, w, _ := l.Reads(k); h != l.H || w != l.W {
			mean := space.Layer{Op: space.GlobalPool, H: l.H, W: l.W, InC: l.InC, OutC: l.InC}
			from, p = len(p), append(p, space.Step{Layer: mean, In: []int{space.Image}})
		}
		s.In = append(s.In, from)
	}
	return append(p, s)
}

type tableFile struct {
	Device string       `json:"device"`
	Layers []tableEntry `json:"layers"`
}

type tableEntry struct {
	Layer     space.Layer `json:"layer"`
	Sample    Sample      `json:"sample"`
	Estimated bool        `json:"estimated,omitempty"` // not measured: told by other layers; 0 rounds
}

// MarshalJSON writes the device's name and all layers in a fixed order.
func (t *Table) MarshalJSON() ([]byte, error) {
	f := tableFile{Device: t.device.Name()}
	for l, e := range t.layers {
		f.Layers = append(f.Layers, tableEntry{l, e.Sample, e.estimated})
	}
	slices.SortFunc(f.Layers, func(a, b tableEntry) int { return cmp.Compare(a.Layer.String(), b.Layer.String()) })
	return json.Marshal(f)
}

// Restore adds the layers of a table written by MarshalJSON on the same device, seconds per
// pass. A table of another device, and times that are not above 0, are errors; layers
// before the first bad one have been added then.
func (t *Table) Restore(b []byte) error {
	var f tableFile
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("latency table: %w", err)
	}
	if f.Device != t.device.Name() {
		return fmt.Errorf("latency table: device is %q; want %q, the one in use", f.Device, t.device.Name())
	}
	for i, e := range f.Layers {
		if _, err := e.Layer.Op.MarshalText(); err != nil {
			return fmt.Errorf("latency table: layers[%d].layer.Op: %w; want the name of an op", i, err)
		}
		if !(e.Sample.Median > 0) {
			return fmt.Errorf("latency table: layer %v takes %v s; want more than 0", e.Layer, e.Sample.Median)
		}
		t.layers[e.Layer] = entry{e.Sample, e.Estimated}
	}
	t.kin = nil
	return nil
}
