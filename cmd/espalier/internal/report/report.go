// Package report holds what a search found, as JSON for programs and as text
// for people.
package report

import (
	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
)

// Schema is the version of report.json; it grows when a field changes its
// meaning or goes away.
const Schema = 1

// Report is the outcome of a search. Latencies are seconds per image,
// accuracies fractions.
type Report struct {
	Schema   int       `json:"schema"`
	Version  string    `json:"version"` // of the program
	Seed     uint64    `json:"seed"`
	Machine  Machine   `json:"machine"`
	Data     Data      `json:"data"`
	Space    Space     `json:"space"`
	Supernet Supernet  `json:"supernet"`
	Accuracy Accuracy  `json:"accuracy_predictor"`
	Latency  Latency   `json:"latency_predictor"`
	Search   Arm       `json:"search"`
	Random   *Arm      `json:"random,omitempty"`  // nil: no random arm was run
	Compare  *Compare  `json:"compare,omitempty"` // search against random
	Pareto   []Network `json:"pareto"`            // by rising latency
	Floor    Floor     `json:"floor"`
	Tuned    *Tuned    `json:"tuned,omitempty"` // the best one, trained on
	Prefix   Prefix    `json:"prefix"`
	Test     Test      `json:"test"`
	Phases   []Phase   `json:"phases"`
	Warnings []string  `json:"warnings"`
}

// Machine is what computed.
type Machine struct {
	Processor string `json:"processor"`
	Cores     int    `json:"cores"`
	Kernel    string `json:"kernel"`
	Workers   int    `json:"workers"`
	Go        string `json:"go"`
	System    string `json:"system"`
}

// Data is what was learnt from.
type Data struct {
	Name    string `json:"name"`
	Format  string `json:"format"`
	Train   int    `json:"train"` // pictures
	Val     int    `json:"validation"`
	Test    int    `json:"test"`
	H       int    `json:"height"`
	W       int    `json:"width"`
	C       int    `json:"channels"`
	Classes int    `json:"classes"`
}

// Space is what was searched.
type Space struct {
	Name      string `json:"name"`
	ID        string `json:"id"`
	Size      string `json:"size"` // number of architectures
	Decisions int    `json:"decisions"`
}

// Supernet is the network that contains all candidates.
type Supernet struct {
	Params   int64   `json:"params"`
	Sampler  string  `json:"sampler"`
	Steps    int     `json:"steps"`
	Batch    int     `json:"batch"`
	Epochs   float64 `json:"epochs"`
	Loss     float64 `json:"loss"`     // of the last step's first subnet
	Accuracy float64 `json:"accuracy"` // on its batch
	Hash     string  `json:"hash"`     // over all weights
}

// Accuracy tells how well accuracy is predicted, by cross-validation on random
// architectures judged on the supernet.
type Accuracy struct {
	Model   string               `json:"model"` // the one that was used; empty: none
	Samples int                  `json:"samples"`
	Models  []predictor.Standing `json:"models"`
	Found   *predictor.Report    `json:"found,omitempty"` // on the architectures that the search chose
}

// Latency tells how well latency is predicted.
type Latency struct {
	Device   string            `json:"device"`
	Batch    int               `json:"batch"`
	Layers   int               `json:"layers"`   // measured
	Networks int               `json:"networks"` // measured
	Drift    float64           `json:"drift"`    // latency of the same networks at the end of the run over that at the beginning; 0: not measured
	HeldOut  predictor.Report  `json:"held_out"` // on random networks
	Found    *predictor.Report `json:"found,omitempty"`
}

// Arm is one way to search.
type Arm struct {
	Strategy    string  `json:"strategy"`
	Score       string  `json:"score"`       // what judged the proposals
	Proposals   int     `json:"proposals"`   // judged by that
	Evaluations int     `json:"evaluations"` // judged on the supernet
	Duplicates  int     `json:"duplicates"`
	Infeasible  int     `json:"infeasible"`
	Repaired    int     `json:"repaired"`
	Exhausted   bool    `json:"exhausted"`
	Limits      string  `json:"limits"`
	Best        Network `json:"best"` // highest accuracy within the limits
}

// Compare sets the search against random search with as many evaluations.
type Compare struct {
	Margin    float64               `json:"margin"`    // best accuracy of the search less best of random, whole validation split
	Stats     controller.Comparison `json:"stats"`     // architectures that the search chose for accuracy against all random ones
	Dominated float64               `json:"dominated"` // share of the random ones that a network of the Pareto set beats in accuracy, being as fast
}

// Network is one architecture with all that is known of it.
type Network struct {
	Name       string        `json:"name"`
	Arch       string        `json:"arch"`
	FLOPs      int64         `json:"flops"`
	Params     int64         `json:"params"`
	Predicted  *float64      `json:"predicted_accuracy,omitempty"`
	Validation float64       `json:"validation_accuracy"` // whole split, inherited weights
	Test       *float64      `json:"test_accuracy,omitempty"`
	Latency    float64       `json:"predicted_latency"`
	Measured   *bench.Sample `json:"measured_latency,omitempty"` // seconds per image
	File       string        `json:"file,omitempty"`             // in the run folder
}

// Floor is the least validation accuracy of the Pareto set. Networks below it
// are faster than all of the set, and of little use.
type Floor struct {
	Accuracy float64 `json:"accuracy"` // 0: none, since nothing is better than chance
	LeftOut  int     `json:"left_out"` // networks that no other beats, below it
}

// Tuned is a network after training it on alone.
type Tuned struct {
	Name       string  `json:"name"`
	Steps      int     `json:"steps"`
	Seconds    float64 `json:"seconds"`
	Validation float64 `json:"validation_accuracy"`
	Test       float64 `json:"test_accuracy"`
	File       string  `json:"file"`
}

// Prefix is the work of judging candidates that shared prefixes saved.
type Prefix struct {
	Computed int64 `json:"computed"` // floating-point operations
	Saved    int64 `json:"saved"`
}

// Test tells how the test split was used.
type Test struct {
	Images   int `json:"images"`
	Networks int `json:"networks"` // each judged on it once, after all choices
	ByHand   int `json:"by_hand"`  // judged on it by eval --test before the report
}

// Phase is the time spent in a part of the run.
type Phase struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}
