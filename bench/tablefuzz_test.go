package bench

import (
	"context"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// nowhere is a device that is known by its name only.
type nowhere struct{}

func (nowhere) Name() string { return "nowhere" }

func (nowhere) Time(context.Context, space.Plan, Effort) (Sample, error) { return Sample{}, nil }

// FuzzTable feeds latency tables. What is accepted has latencies above 0 only, and is read
// back from what is written of it.
func FuzzTable(f *testing.F) {
	f.Add([]byte(`{"device":"nowhere","layers":[{"layer":{"Op":"conv","K":3,"H":4,"W":4,"InC":8,"OutC":8},"sample":{"median":1e-6}}]}`))
	f.Add([]byte(`{"device":"nowhere","layers":[{"sample":{"median":-1}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		table := NewTable(nowhere{})
		if table.Restore(b) != nil {
			return
		}
		for l := range table.layers {
			if s, ok := table.Lookup(l); !ok || !(s > 0) {
				t.Errorf("layer %v takes %v s", l, s)
			}
		}
		text, err := table.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again := NewTable(nowhere{})
		if err := again.Restore(text); err != nil || again.Len() != table.Len() {
			t.Errorf("%d layers read back, %v; want %d", again.Len(), err, table.Len())
		}
	})
}
