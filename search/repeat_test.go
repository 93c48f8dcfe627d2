package search

import (
	"runtime"
	"testing"
	"weak"

	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
)

// beginnings are events that call a function when a phase begins.
type beginnings struct {
	silent
	f func(phase string)
}

// Begin implements Events.
func (b beginnings) Begin(phase string) { b.f(phase) }

// While a repetition searches there are no pictures and weights but its own: memory is computed for
// one search.
func TestRepetitionsAreAloneInMemory(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Search.Seeds, w.cfg.Search.Random, w.cfg.Search.Rounds, w.cfg.Search.Trials, w.cfg.Search.Top, w.cfg.Finish.Steps = 2, false, 1, 4, 2, 1
	r := w.open("run")
	var net weak.Pointer[supernet.Net]
	var source weak.Pointer[data.Dataset]
	checks := 0
	r.monitor.Events = beginnings{f: func(phase string) {
		switch phase {
		case "test":
			if checks == 1 {
				net, source = weak.Make(r.net), weak.Make(r.source)
			}
		case "check":
			if checks++; checks == 1 {
				return
			}
			runtime.GC()
			runtime.GC()
			if net.Value() != nil || source.Value() != nil {
				t.Errorf("weights of the first search are kept: %v, pictures: %v; want neither", net.Value() != nil, source.Value() != nil)
			}
		}
	}}
	if _, err := r.SearchSeeds(t.Context()); err != nil {
		t.Fatal(err)
	}
	if checks != 2 {
		t.Errorf("%d searches were begun; want 2", checks)
	}
}
