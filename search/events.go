package search

import (
	"log/slog"

	"github.com/espalier-nas/espalier/search/latency"
)

// Events hears how far a search is: which phase it is in and how much of that is done. Its
// methods may be called by several goroutines.
type Events interface {
	Begin(phase string) // a phase begins, or goes on after an interruption
	Update(Status)      // of the current phase, often
	End()               // of the current phase
}

// Status is how far the current phase is.
type Status struct {
	Done, Total float64 // in Unit; Total 0: unknown
	Ahead       float64 // what is left, in what takes as long at the pace of now; 0: Total - Done
	Unit        string  // what is counted, such as "images"
	Note        string  // figures of the phase, such as "loss 0.52"
}

// Monitor is where a run tells how it goes. The zero value hears nothing.
type Monitor struct {
	Log     *slog.Logger // results, decisions and warnings, as they come; nil: none
	Events  Events       // nil: none
	Command string       // line that the run is begun with, for the report; empty: none
	Memory  func(int64)  // told how many bytes the run needs at its peak, each time that this is computed, so that the collector can be told too; nil: nothing is
	Stop    func() error // asked while pictures are read, such as the Err of a context; its error ends that. nil: nothing does
}

// complete returns the monitor without nil fields.
func (m Monitor) complete() Monitor {
	if m.Log == nil {
		m.Log = slog.New(slog.DiscardHandler)
	}
	if m.Memory == nil {
		m.Memory = func(int64) {}
	}
	if m.Events == nil {
		m.Events = silent{}
	}
	return m
}

// silent hears nothing.
type silent struct{}

// Begin does nothing.
func (silent) Begin(string) {}

// Update does nothing.
func (silent) Update(Status) {}

// End does nothing.
func (silent) End() {}

// Progress tells the events how far measuring latencies is.
func Progress(e Events) latency.Progress {
	return func(done, total float64, unit, note string) {
		e.Update(Status{Done: done, Total: total, Unit: unit, Note: note})
	}
}
