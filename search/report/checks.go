package report

import (
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
)

// Checks is what a search measured about itself: how far its figures can be believed.
// Nil parts were not done. All means are of as many figures as they say, with 95 %
// intervals by Student's t.
type Checks struct {
	Command     string      `json:"command,omitempty"`     // line that began the run; empty: a program that uses the packages
	Fidelity    *Fidelity   `json:"fidelity,omitempty"`    // nil: fewer than LeastRanked networks were on the first rung
	Outlook     *Outlook    `json:"outlook,omitempty"`     // nil: no network was on the second rung and the last one, or of an earlier version
	Scores      *Scores     `json:"scores,omitempty"`      // nil: no samples were evaluated
	Predicted   *Predicted  `json:"predicted,omitempty"`   // nil: no predictor was used
	Timing      *Timing     `json:"timing,omitempty"`      // nil: the latencies are another machine's
	Norms       *Norms      `json:"norms,omitempty"`       // nil: no samples were evaluated
	Random      *Random     `json:"random,omitempty"`      // nil: no random architectures were evaluated
	Anytime     []Anytime   `json:"anytime"`               //
	Fingerprint string      `json:"splits"`                // hash of the three splits
	Accesses    Accesses    `json:"test_accesses"`         //
	Proposals   Proposals   `json:"proposals"`             //
	Controllers []Condition `json:"controllers,omitempty"` // none: the strategy has no controller
}

// LeastRanked architectures are needed for a rank correlation to be worth printing.
const LeastRanked = 4

// Fidelity is how well scores with inherited weights order the candidates, set against
// their accuracy after the first rung of finishing, on which all train alone for as many
// steps.
type Fidelity struct {
	Steps     int                 `json:"steps"`    // of the rung
	Pictures  int                 `json:"pictures"` // that they were evaluated on after it
	Scratch   bool                `json:"scratch"`  // they began from fresh weights, not from inherited ones
	Agreement predictor.Agreement `json:"agreement"`
	Ranking   predictor.Ranking   `json:"ranking"`
}

// Outlook is how far what the second rung lets expect of a network on the last one is from what comes out: root mean
// squares of the logarithm of their ratio, of losses, or of shares of errors where a search goes by these.
type Outlook struct {
	Rungs    int     `json:"second_rung"` // networks there, of which the law is
	Networks int     `json:"last_rung"`   // networks there, of which the figures are
	Off      float64 `json:"off"`         // as expected: the exponent hangs on size
	Common   float64 `json:"common"`      // with one exponent for all
	Same     float64 `json:"same"`        // as if nothing were learnt on the last rung
}

// Scores sets plain scores beside those of the search.
type Scores struct {
	Pictures int     `json:"pictures"` // of the mini-batch, from the training split
	Rows     []Score `json:"rows"`
}

// Score is how well one score orders architectures.
type Score struct {
	Name     string             `json:"name"`
	Supernet *predictor.Ranking `json:"supernet,omitempty"` // the first samples, against their score on the supernet; nil: it is that score
	Alone    *predictor.Ranking `json:"alone,omitempty"`    // candidates, against their accuracy after the first rung; nil: too few
}

// Predicted tells how good predictions of the supernet's score are where the search went.
type Predicted struct {
	Picks      *predictor.Report      `json:"picks,omitempty"`      // of all rounds, each predicted before it was evaluated; nil: fewer than 2
	Calibrated *predictor.Report      `json:"calibrated,omitempty"` // the same after calibration on the rounds before
	Coverage   []Coverage             `json:"coverage"`
	Curve      []predictor.CurvePoint `json:"learning_curve"`
}

// Coverage is how many truths lie within the central intervals that predictions give a
// probability.
type Coverage struct {
	Level      float64 `json:"level"`
	Samples    float64 `json:"samples"`    // share of the first samples, cross-validated
	Picks      float64 `json:"picks"`      // share of what rounds picked; 0 where Predicted.Picks is nil
	Calibrated float64 `json:"calibrated"` // the same after calibration
}

// Timing tells how well measured latencies repeat.
type Timing struct {
	Governor string             `json:"governor,omitempty"` // of the processors; empty: the system does not tell
	Workers  int                `json:"threads"`            // that ran the networks
	Times    [][]float64        `json:"seconds"`            // medians by network and repetition, per pass, one network after the other in each
	Spread   controller.Summary `json:"cv"`                 // coefficient of variation of a network's repetitions, over networks
}

// Norms sets batch-norm statistics against each other: accuracies of the same subnets on the
// same validation pictures with inherited weights.
type Norms struct {
	Calibration int                `json:"calibration"` // training pictures that statistics were measured on
	Pictures    int                `json:"pictures"`    // validation pictures
	Pooled      int                `json:"pooled"`      // subnets whose statistics the inherited ones are means of
	Own         controller.Summary `json:"recalibrated"`
	Inherited   controller.Summary `json:"inherited"`
	Batch       controller.Summary `json:"batch"`
	OverPooled  controller.Summary `json:"recalibrated_less_inherited"` // subnet by subnet
	OverBatch   controller.Summary `json:"recalibrated_less_batch"`
}

// Random is what architectures drawn at random have, with inherited weights.
type Random struct {
	Pictures int                `json:"pictures"` // that each was evaluated on
	Accuracy controller.Summary `json:"accuracy"`
	Noise    float64            `json:"noise"` // standard deviation that so many pictures leave in the accuracy of one
	Bins     []Bin              `json:"histogram"`
	Effects  []Effect           `json:"effects"` // by decision
}

// Bin counts accuracies of at least From and below To; the last bin holds its end too.
type Bin struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Count int     `json:"count"`
}

// Effect is which choice of a decision goes with which mean accuracy.
type Effect struct {
	Decision string   `json:"decision"`
	Choices  []Choice `json:"choices"` // those that occurred
}

// Choice is the mean over the random architectures that made it.
type Choice struct {
	Name     string             `json:"name"`
	Accuracy controller.Summary `json:"accuracy"`
}

// Anytime is the best inherited accuracy after so many evaluations on the supernet, in the
// order in which they were made, of networks within the limits: 0 until there is one. First
// samples may lie beyond them.
type Anytime struct {
	Evaluations int      `json:"evaluations"`
	Search      float64  `json:"search"`
	Random      *float64 `json:"random,omitempty"` // nil: no random arm, or it made fewer
}

// Accesses counts the networks that were evaluated on the test split.
type Accesses struct {
	Handed  int `json:"handed_over"`
	Rivals  int `json:"rivals"`
	Repeats int `json:"repetitions"` // handed over by repetitions of the search
	ByHand  int `json:"by_hand"`
}

// Total returns all of them.
func (a Accesses) Total() int { return a.Handed + a.Rivals + a.Repeats + a.ByHand }

// Proposals is how widely a strategy looked. Entropies are shares of the largest possible:
// 1 is all choices alike, 0 always the same.
type Proposals struct {
	Count     int       `json:"count"`
	Decisions []string  `json:"decisions"`
	Entropy   []float64 `json:"entropy"` // of the choices proposed, by decision; -1 where it was never made
	Unused    []string  `json:"unused"`  // choices that were never proposed, as "decision choice"
}

// Condition is how a controller was at its last update.
type Condition struct {
	Search  string            `json:"search"`  // of the sweep
	Updates int               `json:"updates"` //
	First   float64           `json:"first_entropy"`
	Last    controller.Health `json:"last"`
	Sign    string            `json:"collapse,omitempty"` // in which way it has collapsed
}
