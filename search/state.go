package search

import (
	"time"

	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
)

// state is what a run folder remembers besides weights, latencies and trials.
type state struct {
	Command        string                  `json:"command,omitempty"` // line that began the run; empty: a program that uses the packages, or an earlier version
	Data           string                  `json:"data"`              // fingerprint of the splits
	Prior          int                     `json:"prior,omitempty"`   // trials copied from an earlier run
	Phases         []report.Phase          `json:"phases"`            // time spent, over all runs in the folder
	Train          *lastStep               `json:"train,omitempty"`
	Pool           []string                `json:"pool,omitempty"`            // subnets as the sampler draws them at the end of training, within limits and reach, which takes latencies; nil: there are none, or an earlier version
	ByWorth        bool                    `json:"by_worth,omitempty"`        // given networks of one slot are compared by worth; false: by latency, as an earlier version began
	ReachPredicted bool                    `json:"reach_predicted,omitempty"` // measured latencies need not be within reach; false: they must be, as an earlier version began
	DoubtfulOnly   bool                    `json:"doubtful_only,omitempty"`   // of the contenders, only those whose latency is doubtful, and those chosen, are measured; false: all, as an earlier version began
	BySize         bool                    `json:"by_size,omitempty"`         // what candidates can be expected to reach hangs on their FLOPs; false: not, as with few pictures, or as an earlier version began
	ByLoss         bool                    `json:"by_loss,omitempty"`         // losses count in what is handed over; false: it was not chosen yet, or by an earlier version
	Image          float64                 `json:"image,omitempty"`           // seconds in which the supernet evaluates an image, as timed for the budget; 0: not timed, or by an earlier version
	Linear         *float64                `json:"linear,omitempty"`          // accuracy of the linear classifier on the validation split
	Drift          float64                 `json:"drift,omitempty"`           // latency of the same networks at the end over that at the beginning; 0: not measured
	Timing         *report.Timing          `json:"timing,omitempty"`          // how well latencies repeat; nil: not measured
	Last           *report.LastRung        `json:"last_rung,omitempty"`       // how networks train on the last rung, in the process that began it; nil: it was not begun, or by an earlier version
	Alone          float64                 `json:"alone,omitempty"`           // seconds that each rival is trained for
	Paces          map[string]paced        `json:"paces,omitempty"`           // trainings that this run has given a time: of candidates on the last rung, rivals, train.arch
	Fits           map[string]fitted       `json:"fits,omitempty"`            // rivals before their training
	Rivals         map[string]report.Rival `json:"rivals,omitempty"`          // after it
	Tests          map[string]tested       `json:"tests,omitempty"`           // result on the test split by network: each is tested once
}

// lastStep is what the last training step told.
type lastStep struct {
	Loss     float64 `json:"loss"`
	Accuracy float64 `json:"accuracy"`
}

// paced is the time that a training was given, by which it is paced, after an interruption too.
type paced struct {
	Seconds float64 `json:"seconds"`          // in all, evaluating included
	Each    float64 `json:"each,omitempty"`   // that a step was expected to take
	Slower  float64 `json:"slower,omitempty"` // see ladder.slower, when that was expected; 0 but on the last rung
}

// score is a network's result on a split.
type score struct {
	Accuracy float64 `json:"accuracy"` // fraction
	Loss     float64 `json:"loss"`     // nats
}

// tested is a network's result on the test split.
type tested struct {
	score
	ByClass *report.ByClass `json:"by_class,omitempty"` // nil in folders of earlier versions
}

// load reads the folder's state; a new folder has none.
func (s *state) load(d *rundir.Dir) error {
	if !d.Has(rundir.State) {
		return nil
	}
	return d.ReadJSON(rundir.State, s)
}

func (s *state) save(d *rundir.Dir) error { return d.WriteJSON(rundir.State, s) }

// takeUp notes that a rule of the state holds from here on, if the run can still take it up: what an
// earlier version has decided without it stays. One that holds already does so for good.
func (r *Run) takeUp(rule *bool, now bool) error {
	if *rule || !now {
		return nil
	}
	r.accounting.Lock()
	defer r.accounting.Unlock()
	*rule = true
	return r.state.save(r.dir)
}

// add counts time towards a phase.
func (s *state) add(name string, took time.Duration) {
	for i := range s.Phases {
		if s.Phases[i].Name == name {
			s.Phases[i].Seconds += took.Seconds()
			return
		}
	}
	s.Phases = append(s.Phases, report.Phase{Name: name, Seconds: took.Seconds()})
}
