package search

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
)

// phases notes which phases begin.
type phasesSeen []string

func (p *phasesSeen) Begin(name string) { *p = append(*p, name) }
func (p *phasesSeen) Update(Status)     {}
func (p *phasesSeen) End()              {}

// refused searches with a configuration, wants an error, and returns it with the phases that
// began.
func refused(t *testing.T, w *world) (string, []string) {
	t.Helper()
	dir, err := rundir.Create(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if err := w.cfg.Ready(); err != nil {
		t.Fatal(err)
	}
	var seen phasesSeen
	r, err := New(dir, w.cfg, Monitor{Events: &seen})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err = r.Search(t.Context()); err == nil {
		t.Fatal("nothing is refused")
	}
	return err.Error(), seen
}

// Limits that no network meets are refused before latencies are measured, with what the
// smallest or the nearest costs.
func TestLimitsAreCheckedFirst(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*config.Config)
		want []string
	}{
		"flops":   {func(c *config.Config) { c.Limits.FLOPs = 10 }, []string{"no architecture meets the limits", "the nearest is identity identity, which costs 5272 FLOPs", "10"}},
		"params":  {func(c *config.Config) { c.Limits.Params = 10 }, []string{"no architecture meets the limits", "59 parameters above 10"}},
		"budget":  {func(c *config.Config) { c.Budget, c.Train.Steps, c.Finish.Steps = time.Microsecond, 0, 0 }, []string{"budget is 1µs", "want at least", "narrow"}},
		"latency": {func(c *config.Config) { c.Limits.Latency, c.Device.Table = 1, "" }, []string{"no architecture meets the limits", "smallest network takes", "1e-06 ms"}},
	} {
		w := newWorld(t, asPredicted)
		c.set(&w.cfg)
		start := time.Now()
		text, seen := refused(t, w)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %s; want %q", name, text, want)
			}
		}
		if len(seen) != 1 || seen[0] != "check" {
			t.Errorf("%s: phases %q began, in %v; want only the check", name, seen, time.Since(start))
		}
	}
}

// A table of another machine that lacks layers of the space is refused at once, with some of
// them.
func TestTableMustCoverTheSpace(t *testing.T) {
	w := newWorld(t, asPredicted)
	var f struct {
		Batch    int              `json:"batch"`
		Table    map[string]any   `json:"table"`
		Networks []map[string]any `json:"networks"`
	}
	if err := rundir.ReadJSON(w.cfg.Device.Table, &f); err != nil {
		t.Fatal(err)
	}
	layers := f.Table["layers"].([]any)
	f.Table["layers"] = layers[:len(layers)/2]
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := rundir.WriteJSON(w.cfg.Device.Table, json.RawMessage(text)); err != nil {
		t.Fatal(err)
	}
	got, seen := refused(t, w)
	if !strings.Contains(got, "layers of this space") || !strings.Contains(got, "latency.json") || seen[len(seen)-1] != phaseLatency {
		t.Errorf("%s, after phases %q", got, seen)
	}
}

// Rivals that are no networks of the space, and any where nothing can be measured, are refused
// before anything is measured or trained.
func TestRivalsAreCheckedFirst(t *testing.T) {
	for want, rivals := range map[string][]string{
		"rivals: calculated is not this machine": {rivalAuto},
		"conv9x9":                                {rivalAuto, "conv9x9:4 identity"},
	} {
		w := newWorld(t, asPredicted)
		w.cfg.Rivals = rivals
		text, seen := refused(t, w)
		if !strings.Contains(text, want) || !strings.Contains(text, "rivals: ") {
			t.Errorf("%q: %s; want %q", rivals, text, want)
		}
		if len(seen) != 1 || seen[0] != "check" {
			t.Errorf("%q: phases %q began; want only the check", rivals, seen)
		}
	}
}
