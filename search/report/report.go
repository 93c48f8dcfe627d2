// Package report holds what a search found and what it measured about itself, as JSON
// for programs and as text and pictures for people.
//
// It may import bench, controller, predictor and supernet, whose figures it holds. Read
// Report here and Checks in checks.go; text.go and checkstext.go write them for people,
// plot.go the front.
package report

import (
	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
)

// Schema is the version of report.json; it grows when a field changes its
// meaning or goes away.
const Schema = 2

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
	Trials   string    `json:"trials,omitempty"` // hash of trials.jsonl; with that of the weights it tells whether two runs were the same
	Accuracy Accuracy  `json:"accuracy_predictor"`
	Latency  Latency   `json:"latency_predictor"`
	Search   Arm       `json:"search"`
	Random   *Arm      `json:"random,omitempty"`  // nil: no random arm was run
	Compare  *Compare  `json:"compare,omitempty"` // search against random
	Pareto   []Network `json:"pareto"`            // what is handed over, by rising latency
	Others   []Network `json:"others"`            // finished too, but a faster one beats them, or a linear classifier does, or they break a limit as measured
	Rivals   []Rival   `json:"rivals,omitempty"`
	Seeds    *Seeds    `json:"seeds,omitempty"` // nil: search and finishing were done once

	// Outstanding is how many searches of a run of several are not in this report, which is of the first
	// one: it was written before they were through. 0: none.
	Outstanding int `json:"outstanding,omitempty"`

	Limits   Limits   `json:"limits"`
	Floor    Floor    `json:"floor"`
	Last     LastRung `json:"last_rung"`       // as the process that began it trained
	Reach    float64  `json:"reach,omitempty"` // latency per image, s, from which on the budget had no time to finish networks; 0: none was left alone
	Prefix   Prefix   `json:"prefix"`
	Test     Test     `json:"test"`
	Phases   []Phase  `json:"phases"`
	Checks   *Checks  `json:"checks,omitempty"` // how far all that can be believed; nil in folders of earlier versions
	Warnings []string `json:"warnings"`
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
	// Names are the classes, as in ByClass.
	Names    []string `json:"names"`
	Balance  bool     `json:"balance"`  // training showed every class equally often
	Majority float64  `json:"majority"` // share of the most frequent class among the test pictures: what always naming it gets right
	Ratio    float64  `json:"ratio"`    // training pictures of the largest class over those of the smallest
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
	// Exposure tells how many subnets trained each choice; nil if a controller drew
	// them.
	Exposure *Exposure `json:"exposure,omitempty"`
}

// Exposure is how often training used the choices of a space.
type Exposure struct {
	Least  int     `json:"least"`  // subnets that used the choice used least
	Which  string  `json:"which"`  // that choice, as "decision choice"
	Median int     `json:"median"` // over all choices
	Most   int     `json:"most"`
	Counts [][]int `json:"counts"` // by decision and choice
}

// Accuracy tells how well accuracy is predicted, by cross-validation on random
// architectures evaluated on the supernet.
type Accuracy struct {
	Model       string                 `json:"model"`  // the one that was used; empty: none
	Target      string                 `json:"target"` // what is predicted of a subnet: accuracy, or exp(-loss), the geometric mean probability of the right class
	Samples     int                    `json:"samples"`
	Form        string                 `json:"form"` // of the one that was used, as fitted at the end: ranks and their weights
	Models      []predictor.Standing   `json:"models"`
	Versus      []predictor.Difference `json:"versus"`               // the one that was used against each of the others
	Found       *predictor.Report      `json:"found,omitempty"`      // on the candidates of the search, predicted before they were evaluated
	Calibrated  *predictor.Report      `json:"calibrated,omitempty"` // the same after calibration on earlier picks
	Calibration string                 `json:"calibration"`          // at the end
	Prior       *Prior                 `json:"prior,omitempty"`      // nil: no earlier run was learnt from
}

// Prior is the earlier run that the predictor could begin with, and what that was good for.
type Prior struct {
	Run    string               `json:"run"`    // its folder
	Trials int                  `json:"trials"` // architectures that it has evaluated
	Used   bool                 `json:"used"`   // by the search: the model with it ranks better, cross-validated
	Gain   predictor.Difference `json:"gain"`   // the model with it against the same without
}

// Latency tells how well latency is predicted.
type Latency struct {
	Device     string             `json:"device"`
	Batch      int                `json:"batch"`
	Layers     int                `json:"layers"`               // measured
	Estimated  int                `json:"estimated"`            // layers that were not, as there was no time for them or the search alone has asked for them
	Networks   int                `json:"networks"`             // measured
	Form       string             `json:"form"`                 // of the model: its correction, ranks and their weights
	Drift      float64            `json:"drift"`                // latency of the same networks at the end of the run over that at the beginning; 0: not measured
	HeldOut    predictor.Report   `json:"held_out"`             // on random networks
	Reliance   predictor.Reliance `json:"reliance"`             // of predictions of the latency that counts, of networks that its model had not seen
	Found      *predictor.Report  `json:"found,omitempty"`      // on the candidates of the search that the model had not learnt from; without intervals
	Contenders *Contenders        `json:"contenders,omitempty"` // nil: all were measured that could be
	Probe      *Probe             `json:"probe,omitempty"`      // nil: this program's own latency counts
	// Elsewhere tells the same of the other devices that limits are on.
	Elsewhere []Elsewhere `json:"elsewhere,omitempty"`
}

// Contenders tells of how many networks latency was measured when candidates were chosen, besides those that the
// latency model has learnt from.
type Contenders struct {
	Doubted int `json:"doubted"` // measured, as what was predicted was doubtful
	Taken   int `json:"taken"`   // measured, as they became candidates, or would have by their prediction
	Relied  int `json:"relied"`  // not measured: the prediction was relied on
	Absent  int `json:"absent"`  // not measured though doubtful: the device is known from a file that lacks them
}

// Elsewhere is a device that is known from a latency file alone.
type Elsewhere struct {
	Name      string           `json:"name"` // of the file, without its ending
	Device    string           `json:"device"`
	Table     string           `json:"table"`     // the file
	Limit     float64          `json:"limit"`     // seconds per image
	Layers    int              `json:"layers"`    // measured there
	Estimated int              `json:"estimated"` // layers that were not
	Networks  int              `json:"networks"`  // measured there
	Form      string           `json:"form"`
	HeldOut   predictor.Report `json:"held_out"` // on networks measured there that the model had not seen
}

// Probe is the runtime whose latency counts, and how well that is predicted.
type Probe struct {
	Runtime  string            `json:"runtime"`  // its name, command and batch
	Networks int               `json:"networks"` // measured on it
	Form     string            `json:"form"`     // of the model: how the sum of this program's own layers is corrected
	LeftOut  predictor.Report  `json:"left_out"` // latency, on networks each left out of the model in turn
	Energy   *predictor.Report `json:"energy,omitempty"`
}

// Arm is one way to search.
type Arm struct {
	Strategy    string  `json:"strategy"`
	Score       string  `json:"score"`       // what evaluated the proposals
	Proposals   int     `json:"proposals"`   // evaluated by that
	Evaluations int     `json:"evaluations"` // evaluated on the supernet
	Duplicates  int     `json:"duplicates"`
	Infeasible  int     `json:"infeasible"`
	Repaired    int     `json:"repaired"`
	Exhausted   bool    `json:"exhausted"`
	Limits      string  `json:"limits"`
	Best        Network `json:"best"` // highest accuracy within the limits
}

// Compare sets the search against random search with as many evaluations, the
// same given architectures and as much finishing.
type Compare struct {
	Margin float64               `json:"margin"` // best accuracy of the search less best of random, whole validation split
	Best   int                   `json:"best"`   // finished networks of each arm that are compared, the most accurate ones
	Stats  controller.Comparison `json:"stats"`  // of those, on the whole validation split
	// Front is the difference of the best accuracies at equal latency, search less
	// random, averaged over the logarithm of latency from the fastest network of
	// either arm that is no worse than the floor to the slowest of both, and at that
	// latency if they are one. An arm that has nothing as fast counts as the floor.
	Front float64 `json:"front"`
	// Common is the same over those latencies at which both arms have a network that is
	// no worse than the floor; nil if there are none.
	Common *float64 `json:"common,omitempty"`
	Levels []Level  `json:"levels"`
}

// Level compares the arms at one latency: the most accurate network of each that
// is at most as slow.
type Level struct {
	Latency float64 `json:"latency"` // seconds per image
	Search  float64 `json:"search"`  // accuracy on the validation split; 0: no network
	Random  float64 `json:"random"`
}

// Network is one architecture with all that is known of it.
type Network struct {
	Name       string        `json:"name"` // of what is not handed over that of its training: its arm and candidate in finish.jsonl
	Arch       string        `json:"arch"`
	Arm        string        `json:"arm"`    // that finished it: search, random or both
	Origin     string        `json:"origin"` // search: a round found it; sample: drawn for the predictor; random: drawn by the random arm; given: no search had to find it
	FLOPs      int64         `json:"flops"`
	Params     int64         `json:"params"`
	Memory     int64         `json:"memory"`                    // bytes of maps alive at once, at most, on one image
	FileBytes  int64         `json:"file_bytes,omitempty"`      // of File; of networks that are not handed over, what it would be, if there is a limit on it
	Predicted  *float64      `json:"predicted_score,omitempty"` // see Accuracy.Target
	Inherited  float64       `json:"inherited_accuracy"`        // whole validation split, weights of the supernet
	Validation float64       `json:"validation_accuracy"`       // whole split, finished
	Test       *float64      `json:"test_accuracy,omitempty"`
	TestError  float64       `json:"test_error"` // half of the 95 % interval that so many test pictures leave
	ByClass    *ByClass      `json:"test_by_class,omitempty"`
	Steps      int           `json:"steps"`   // of finishing, all rungs
	Seconds    float64       `json:"seconds"` // that they took, evaluating included
	Latency    float64       `json:"predicted_latency"`
	Measured   *bench.Sample `json:"measured_latency,omitempty"` // seconds per image
	Elsewhere  []float64     `json:"elsewhere,omitempty"`        // predicted latencies on the other devices, in the order of Latency.Elsewhere
	Energy     float64       `json:"energy,omitempty"`           // joules per image; 0: unknown
	File       string        `json:"file,omitempty"`             // in the run folder
	// ValidationLoss is the mean cross entropy on the whole validation split, finished, in nats; 0 in reports of earlier
	// versions.
	ValidationLoss float64 `json:"validation_loss,omitempty"`
	// EnergyMeasured tells that the energy was measured, not predicted.
	EnergyMeasured bool `json:"energy_measured,omitempty"`
}

// Rival is a network that was trained alone for the time of the whole search, to
// set against one that was handed over.
type Rival struct {
	Name       string  `json:"name"`
	Network    string  `json:"network"` // auto: a plain one; else an architecture
	Factor     float64 `json:"factor"`  // on its widths, so that it is as fast
	Against    string  `json:"against"` // the network handed over that it is set against
	FLOPs      int64   `json:"flops"`
	Params     int64   `json:"params"`
	Latency    float64 `json:"latency"` // measured, seconds per image
	Steps      int     `json:"steps"`
	Seconds    float64 `json:"seconds"` // of its training
	Validation float64 `json:"validation_accuracy"`
	Test       float64 `json:"test_accuracy"`
	TestError  float64 `json:"test_error"` // half of the 95 % interval
	// PairedError is half of the 95 % interval of the difference to the network that it is set against, on the same test
	// pictures, see PairedError; 0 in folders of earlier versions.
	PairedError float64 `json:"paired_error,omitempty"`
	// ByClass is nil in folders of earlier versions.
	ByClass *ByClass `json:"test_by_class,omitempty"`
}

// Takes returns the latency per image, s: the measured one, or the predicted one where none is.
func (n Network) Takes() float64 {
	if n.Measured != nil {
		return n.Measured.Median
	}
	return n.Latency
}

// Seeds is what several searches on one supernet say together. All figures from Front on are
// differences of validation accuracy, search less random, over the searches; zero
// without a random arm.
type Seeds struct {
	Searches int      `json:"searches,omitempty"` // 0 in folders of earlier versions
	Handed   []Handed `json:"handed,omitempty"`   // by rising latency; none in folders of earlier versions

	Front   controller.Summary   `json:"front"`   // at equal latency, see Compare
	Common  controller.Summary   `json:"common"`  // at equal latency where both arms have a network, of those searches where there is such a latency
	Best    controller.Summary   `json:"best"`    // of the mean of the best k finished networks of each arm
	Margin  controller.Summary   `json:"margin"`  // of the best network of each arm
	Levels  []controller.Summary `json:"levels"`  // at each latency level, of those searches where both arms have a network
	Compare []Compare            `json:"compare"` // each search
}

// Handed sums up, over searches, the network handed over that is most accurate on validation
// among those that are at most as slow as a latency.
type Handed struct {
	Latency    float64            `json:"latency"`             // seconds per image
	Validation controller.Summary `json:"validation_accuracy"` // of those searches that have a network as fast
	Test       controller.Summary `json:"test_accuracy"`
}

// LastRung tells how networks are trained on the last rung of finishing, where nearly all of their
// seconds are spent. Zero in folders of earlier versions.
type LastRung struct {
	AtATime int `json:"at_a_time"` // networks
	Workers int `json:"workers"`   // of each
}

// Floor is the least validation accuracy of what is handed over: that of a linear
// classifier of the pixels. Networks below it are faster than all of the set, and
// of little use.
type Floor struct {
	Accuracy float64 `json:"accuracy"`
	LeftOut  int     `json:"left_out"` // networks that no other beats, below it
}

// Limits that every network handed over meets; 0 sets none. Those on other devices are in
// Latency.Elsewhere.
type Limits struct {
	Latency float64 `json:"latency,omitempty"` // seconds per image
	FLOPs   int64   `json:"flops,omitempty"`
	Params  int64   `json:"params,omitempty"`
	Memory  int64   `json:"memory,omitempty"` // bytes
	Size    int64   `json:"size,omitempty"`   // bytes
	Energy  float64 `json:"energy,omitempty"` // joules per image
}

// Prefix is the work of all evaluations on the supernet, and what of it shared prefixes saved.
type Prefix struct {
	Computed int64 `json:"computed"` // floating-point operations
	Saved    int64 `json:"saved"`
}

// Test tells how the test split was used.
type Test struct {
	Images   int `json:"images"`
	Networks int `json:"networks"` // handed over, each evaluated on it once, after all choices; see Checks.Accesses for rivals and repetitions
	ByHand   int `json:"by_hand"`  // evaluated by eval before the report, on it or on pictures that it is among

	How string `json:"how,omitempty"` // those of ByHand were evaluated: on what, by which form of eval; empty: there were none, or an earlier version
}

// Phase is the time spent in a part of the run.
type Phase struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}
