package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Table is the measured latency of single layers on one device. Layers are
// measured when first asked for.
type Table struct {
	device Device
	layers map[space.Layer]Sample
}

// NewTable returns an empty table of d.
func NewTable(d Device) *Table { return &Table{device: d, layers: map[space.Layer]Sample{}} }

// Len returns the number of layers measured.
func (t *Table) Len() int { return len(t.layers) }

// Lookup returns the median latency of a layer in seconds, if it is known.
func (t *Table) Lookup(l space.Layer) (seconds float64, ok bool) {
	s, ok := t.layers[l]
	return s.Median, ok
}

// Measure times those layers of the plans that are not yet known. each, if not
// nil, is called after every one with how many of how many are done.
func (t *Table) Measure(ctx context.Context, plans []space.Plan, each func(done, total int)) error {
	var missing []space.Layer
	seen := map[space.Layer]bool{}
	for _, p := range plans {
		for _, s := range p {
			if _, ok := t.layers[s.Layer]; !ok && !seen[s.Layer] {
				seen[s.Layer] = true
				missing = append(missing, s.Layer)
			}
		}
	}
	for i, l := range missing {
		s, err := t.device.Time(ctx, alone(l))
		if err != nil {
			return fmt.Errorf("layer %v: %w", l, err)
		}
		t.layers[l] = s
		if each != nil {
			each(i+1, len(missing))
		}
	}
	return nil
}

// alone returns the plan of one layer.
func alone(l space.Layer) space.Plan {
	s := space.Step{Layer: l, In: make([]int, max(l.FanIn, 1))}
	for i := range s.In {
		s.In[i] = space.Image
	}
	if l.Op == space.Conv || l.Op == space.Linear {
		s.Weight, s.Bias = "weight", true
	}
	return space.Plan{s}
}

type tableFile struct {
	Device string       `json:"device"`
	Layers []tableEntry `json:"layers"`
}

type tableEntry struct {
	Layer  space.Layer `json:"layer"`
	Sample Sample      `json:"sample"`
}

// MarshalJSON writes the device's name and all layers in a fixed order.
func (t *Table) MarshalJSON() ([]byte, error) {
	f := tableFile{Device: t.device.Name()}
	for l, s := range t.layers {
		f.Layers = append(f.Layers, tableEntry{l, s})
	}
	slices.SortFunc(f.Layers, func(a, b tableEntry) int { return cmp.Compare(a.Layer.String(), b.Layer.String()) })
	return json.Marshal(f)
}

// Restore adds the layers of a table written by MarshalJSON on the same device.
func (t *Table) Restore(b []byte) error {
	var f tableFile
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("latency table: %w", err)
	}
	if f.Device != t.device.Name() {
		return fmt.Errorf("latency table: device is %q; want %q, the one in use", f.Device, t.device.Name())
	}
	for _, e := range f.Layers {
		if !(e.Sample.Median > 0) {
			return fmt.Errorf("latency table: layer %v takes %v s; want more than 0", e.Layer, e.Sample.Median)
		}
		t.layers[e.Layer] = e.Sample
	}
	return nil
}
