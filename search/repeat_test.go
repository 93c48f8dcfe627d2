package search

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/espalier-nas/espalier/search/rundir"
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

// The report of a run that is interrupted in a repetition says that the others are missing; that of
// the run that goes on does not.
func TestReportTellsWhichSearchesAreMissing(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Search.Seeds, w.cfg.Search.Random, w.cfg.Search.Rounds, w.cfg.Search.Trials, w.cfg.Search.Top, w.cfg.Finish.Steps = 2, false, 1, 4, 2, 1
	const line = "this is of the first of 2 searches, written before the others were through"
	r := w.start("run")
	ctx, cancel := context.WithCancel(t.Context())
	checks := 0
	r.monitor.Events = beginnings{f: func(phase string) {
		if phase == "check" {
			if checks++; checks == 2 {
				cancel()
			}
		}
	}}
	if _, err := r.SearchSeeds(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v; want the interruption", err)
	}
	if text := file(t, r.dir, rundir.ReportText); strings.Count(text, line) != 1 {
		t.Errorf("the report of one search of two does not say so:\n%s", text)
	}
	w.end(r)
	r = w.start("run")
	rep, err := r.SearchSeeds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if text := file(t, r.dir, rundir.ReportText); strings.Contains(text, line) || rep.Outstanding != 0 {
		t.Errorf("%d searches are told to be missing; want none:\n%s", rep.Outstanding, text)
	} else if !strings.Contains(text, "Handed over by 2 searches") || rep.Seeds.Searches != 2 {
		t.Errorf("without a random arm two searches are summed up as %+v:\n%s", rep.Seeds, text)
	}
	for _, warning := range rep.Warnings {
		if strings.Contains(warning, "random search") {
			t.Errorf("there was no random arm, and the report warns: %s", warning)
		}
	}
	w.end(r)
}
