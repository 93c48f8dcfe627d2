// Package config is the document that describes a run: one typed struct with
// defaults, read from strict YAML, overridden by flags, and saved with the run.
//
// It may import the packages whose options it holds (bench/external, controller,
// predictor, supernet, data, families) and go-yaml. Read Config here and Default in
// default.go; validate.go says what each field may be.
package config

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/espalier-nas/espalier/supernet"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// Config is everything that a run depends on, besides the machine. A run folder
// holds the effective one: with it, the same program computes the same weights
// and trials again.
type Config struct {
	Seed      uint64         `yaml:"seed"`    // of weights, order, augmentation and every search
	Workers   int            `yaml:"workers"` // goroutines that compute; 0: one per processor. No result depends on it
	Kernel    Kernel         `yaml:"kernel"`
	Budget    time.Duration  `yaml:"budget"` // wall-clock time of the whole run; what takes steps gets them from it. 0: train.steps or train.epochs fix them
	Data      Data           `yaml:"data"`
	Space     families.Space `yaml:"space"` // which search space
	Train     Train          `yaml:"train"`
	Evaluate  Evaluate       `yaml:"evaluate"`
	Device    Device         `yaml:"device"`
	Predictor Predictor      `yaml:"predictor"`
	Search    Search         `yaml:"search"`
	Limits    Limits         `yaml:"limits"`
	Finish    Finish         `yaml:"finish"`
	Rivals    []string       `yaml:"rivals,omitempty"`  // networks that are trained alone, each for the time of the whole search: auto, or architectures of the space
	Decided   Decided        `yaml:"decided,omitempty"` // what stands in other fields instead of what was asked for; a run finds it out
}

// Data says which pictures are used and how they are split.
type Data struct {
	Dir        string `yaml:"dir"`        // IDX, CIFAR, a NumPy archive or a folder per class; empty: the embedded pictures
	Size       int    `yaml:"size"`       // side in pixels that pictures in folders are scaled to; 0: they have one size
	Gray       bool   `yaml:"gray"`       // one channel for pictures in folders
	Fit        string `yaml:"fit"`        // how pictures in folders get their size: crop (their middle), pad (with the background), squash
	Background string `yaml:"background"` // what transparent parts of pictures lie on, #rrggbb
	Group      string `yaml:"group"`      // regular expression: pictures in folders in whose path (CLASS/FILE) it finds the same text are kept on one side of the split
	// LabelPattern is a regular expression that finds the class in the names of pictures: its only group, or that called label.
	LabelPattern string `yaml:"label_pattern"`
	Labels       string `yaml:"labels"` // which labels of CIFAR-100: fine, or coarse; empty: fine
	// Cache is how many bytes of pixels of pictures in folders are kept in memory; where they take more, the others are
	// read from their files when they are asked for. 0: a quarter of the memory that is free.
	Cache      Count   `yaml:"cache"`
	SkipBad    bool    `yaml:"skip_bad"`   // leave out pictures in folders that cannot be read, instead of ending with their names
	Balance    bool    `yaml:"balance"`    // show pictures of every class equally often in training: those of small classes several times, those of large ones in turns
	Validation float64 `yaml:"validation"` // share of the training part that candidates are compared on
	Test       float64 `yaml:"test"`       // share that is tested on once, if the data has no test part of its own
}

// View returns how pictures in folders become pixels.
func (d Data) View() data.View { return data.View{Fit: d.Fit, Background: d.Background} }

// Train says how the shared weights learn.
type Train struct {
	Sampler     string        `yaml:"sampler"`      // one of Samplers, such as uniform, sandwich or enas
	Random      int           `yaml:"random"`       // all from sandwich to worstup: random subnets per step besides the narrowest (not of shrinking) and the largest
	Between     float64       `yaml:"between"`      // sandwich: share of the random subnets that is drawn between the narrowest and the largest
	Stratify    bool          `yaml:"stratify"`     // sandwich: spread the other random subnets evenly over the logarithm of FLOPs
	Sort        bool          `yaml:"sort"`         // all from sandwich to worstup: sort channels by worth before widths become elastic, in families that can (stages)
	Alone       float64       `yaml:"alone"`        // all from sandwich to worstup: share of the steps in which the largest learns alone, first
	Arch        string        `yaml:"arch"`         // only this architecture, alone, without a supernet; empty: the supernet
	Batch       int           `yaml:"batch"`        // images per step
	Steps       int           `yaml:"steps"`        // optimiser steps; 0: from epochs, else from budget
	Epochs      float64       `yaml:"epochs"`       // passes over the training split; 0: from budget
	LR          float64       `yaml:"lr"`           // peak of the schedule
	MinLR       float64       `yaml:"min_lr"`       // its end
	Warmup      float64       `yaml:"warmup"`       // share of the steps of linear warm-up
	Schedule    string        `yaml:"schedule"`     // how the rate falls: cosine, linear, or restarts (three cosines, each twice as long as the one before)
	Optimizer   string        `yaml:"optimizer"`    // of networks that are trained alone: sgd or muon; the supernet has sgd
	MuonRatio   float64       `yaml:"muon_ratio"`   // rate of matrices over lr, with muon; see ops.Muon
	Momentum    float64       `yaml:"momentum"`     // of SGD and Muon
	Nesterov    bool          `yaml:"nesterov"`     //
	WeightDecay float64       `yaml:"weight_decay"` //
	Smoothing   float64       `yaml:"smoothing"`    // of labels
	Clip        float64       `yaml:"clip"`         // largest gradient norm; 0: none
	DropPath    float64       `yaml:"drop_path"`    // of networks that are trained alone, in cells: share of the pictures that the deepest paths lose at the end of training; less before and above
	Auxiliary   float64       `yaml:"auxiliary"`    // the same, in families that say where (cells): weight of the loss of an auxiliary head, which is not part of the network; 0: none
	Average     float64       `yaml:"average"`      // mean age of averaged weights, a share of the steps done; 0: no average
	Crop        int           `yaml:"crop"`         // width in pixels of a frame around the picture, for random crops
	Reflect     Toggle        `yaml:"reflect"`      // the frame shows the picture in a mirror, instead of black; auto: where pictures have colours
	Flip        Toggle        `yaml:"flip"`         // mirror left to right at random; auto: unless classes are digits or letters, or pictures are signals of one row or column, which mirroring changes
	Alternate   bool          `yaml:"alternate"`    // with flip, mirror each picture in every second epoch instead
	Cutout      int           `yaml:"cutout"`       // side of the erased square, pixels
	Erase       float64       `yaml:"erase"`        // share of pictures in which a random rectangle is erased
	EraseMost   float64       `yaml:"erase_most"`   // largest share of a picture that such a rectangle takes
	Small       Amount        `yaml:"small"`        // of networks that are trained alone: share of the steps, at the beginning, on pictures of three quarters of their sides; auto: 0.6 where pictures have colours and a budget says how long it takes, else 0
	Plain       Amount        `yaml:"plain"`        // passes over the training split at the end that show pictures as they are, not varied by any of these; auto: 8 where pictures are grey, 2 where they have colours
	Checkpoint  time.Duration `yaml:"checkpoint"`   // between checkpoints
	ENAS        ENAS          `yaml:"enas"`         // alternation, with sampler enas
	// Replans holds by which changes of length train.arch kept to the budget.
	Replans []supernet.Replan `yaml:"replans,omitempty"`
}

// ENAS says how weights and controller take turns with sampler enas.
type ENAS struct {
	Every   int `yaml:"every"`   // training steps between controller phases
	Updates int `yaml:"updates"` // controller updates in a phase
	Batch   int `yaml:"batch"`   // architectures evaluated per update
	Images  int `yaml:"images"`  // validation images that an update is evaluated on
}

// Evaluate says how candidates are evaluated without retraining.
type Evaluate struct {
	Calibration int `yaml:"calibration"` // training images that batch-norm statistics are measured on
	Batch       int `yaml:"batch"`       // images per forward pass; 0: 128, fewer where they are larger than 64 x 64 pixels
	Images      int `yaml:"images"`      // validation images that candidates are compared on; the last ones are evaluated on all. 0: all
}

// Device says whose latency counts.
type Device struct {
	Table   string `yaml:"table"`   // latency file of another run or of measure; empty: this machine is measured
	Batch   int    `yaml:"batch"`   // images per timed forward pass
	Workers int    `yaml:"workers"` // goroutines of the timed network; 0: as workers
	Samples int    `yaml:"samples"` // whole networks measured to correct the sum of layers and to check it; fewer where the budget is short
	// Probe is a command that measures networks on another runtime, whose latency then counts; empty: this
	// program's own does. It is called with the path of an ONNX model; see docs/probe.md.
	Probe string `yaml:"probe,omitempty"`
	// Probed holds what a run with a budget has decided on: networks that the probe measures to learn from, and
	// candidates that it measures. With it, another run does the same.
	Probed []int `yaml:"probed,omitempty"`
}

// Predictor says how accuracy is predicted.
type Predictor struct {
	Model   string  `yaml:"model"`   // one of predictor.Names, such as fm or ridge
	Samples int     `yaml:"samples"` // architectures evaluated to learn from first: random ones, and some between the largest and the narrowest
	Folds   int     `yaml:"folds"`   // of the cross-validation that reports its error
	Ranks   []int   `yaml:"ranks,omitempty"`
	Prior   string  `yaml:"prior,omitempty"` // folder of an earlier run of the same space, whose trials predictions begin with; empty: none
	Holdout float64 `yaml:"holdout"`         // share of measured latencies kept from the correction to check it
}

// Scores that guide a search.
const (
	ScorePredictor = "predictor" // proposals are scored by the predictor, the best are evaluated on the supernet
	ScoreSupernet  = "supernet"  // every proposal is evaluated on the supernet
)

// What ranks subnets.
const (
	ByLoss     = "loss"     // cross entropy on validation images: it sees how sure a subnet is, so it needs fewer of them
	ByAccuracy = "accuracy" // share of them that is right
)

// Search says how architectures are looked for.
type Search struct {
	Strategy   string                     `yaml:"strategy"` // see controller.Strategies
	Score      string                     `yaml:"score"`    // predictor or supernet
	Trials     int                        `yaml:"trials"`   // proposals scored in all
	Rounds     int                        `yaml:"rounds"`   // score predictor: rounds that share the trials, with one by what the first rung shows; after each the predictor learns from its picks
	Picks      int                        `yaml:"picks"`    // best proposals of a round that are evaluated on the supernet
	Batch      int                        `yaml:"batch"`    // proposals between two updates of the strategy
	Sweep      int                        `yaml:"sweep"`    // searches under rising latency limits, for a whole Pareto front; 1: one search
	By         string                     `yaml:"by"`       // what ranks subnets: loss or accuracy
	Top        int                        `yaml:"top"`      // candidates of each arm on the first rung of finishing
	Seeds      int                        `yaml:"seeds"`    // how often search and finishing are done, on one supernet
	Repeat     int                        `yaml:"repeat"`   // which of them this is, from 0: it changes every draw of search and finishing
	Random     bool                       `yaml:"random"`   // run random search with as many evaluations and as much finishing beside it
	Reward     Reward                     `yaml:"reward"`
	Strategies controller.StrategyOptions `yaml:"strategies"` // what each strategy needs; its seed is the run's
}

// leastHalved is how many candidates there must be on the first rung for half of them to be
// chosen by what the others show there: fewer show too little.
const leastHalved = 8

// Halves reports whether half of the candidates are chosen by what the first rung shows of the
// others, after one more round of the search.
func (s Search) Halves() bool { return s.Score == ScorePredictor && s.Top >= leastHalved }

// AllRounds returns how many rounds share the trials.
func (s Search) AllRounds() int {
	if s.Halves() {
		return s.Rounds + 1
	}
	return s.Rounds
}

// Reward weighs accuracy against latency; see controller.Reward.
type Reward struct {
	Kind   string        `yaml:"kind"`   // empty: accuracy alone; soft, hard or abs
	Target time.Duration `yaml:"target"` // latency per image
	Weight float64       `yaml:"weight"` // below 0; 0: the weight of the kind's source
}

// Limits that every network handed back must meet; 0 sets none.
type Limits struct {
	Latency time.Duration `yaml:"latency"`          // per image
	FLOPs   Count         `yaml:"flops"`            // one forward pass on one image
	Params  Count         `yaml:"params"`           // trainable numbers
	Memory  Count         `yaml:"memory"`           // bytes of maps that are alive at once, at most, on one image; see space.Plan.PeakActivations
	Size    Count         `yaml:"size"`             // bytes of the network's own file, networks/*.msgpack
	Energy  Energy        `yaml:"energy,omitempty"` // per image, where the probe or the processor tells it
	// Elsewhere are limits on other devices, all of which count with latency.
	Elsewhere []Elsewhere `yaml:"elsewhere,omitempty"`
}

// Any reports whether a limit is set.
func (l Limits) Any() bool {
	return l.Latency > 0 || l.FLOPs > 0 || l.Params > 0 || l.Memory > 0 || l.Size > 0 || l.Energy > 0 || len(l.Elsewhere) > 0
}

// Elsewhere is a limit on latency on a device that is known from a latency file.
type Elsewhere struct {
	Table   string        `yaml:"table"`   // that measure has written there, for this space
	Latency time.Duration `yaml:"latency"` // per image, as predicted from it
}

// Device is how reports call the device: the name of the file, without its ending.
func (e Elsewhere) Device() string {
	name := filepath.Base(e.Table)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// Finish says how the candidates of a search are trained on, each alone, until
// the best of them are handed over: successive halving over the whole range of
// latencies.
type Finish struct {
	Networks int     `yaml:"networks"` // finished networks of each arm, spaced by latency
	Share    float64 `yaml:"share"`    // of the budget that is left for training, the part that finishing gets
	Steps    int     `yaml:"steps"`    // optimiser steps of a finished network, without a budget; 0: a quarter of train.steps
	LR       float64 `yaml:"lr"`       // peak of the schedule over all rungs: up on the first, down to 0 on the last; everything else is as in train
	Batch    int     `yaml:"batch"`    // images per step; 0: as train.batch
	Epochs   float64 `yaml:"epochs"`   // passes over the training split on the last rung from which on time goes to other networks, if others have fewer; 0: none
	Power    float64 `yaml:"power"`    // time of a finished network grows with its time per step to this power; 0: equal times, 1: equal steps
	BySize   int     `yaml:"by_size"`  // training pictures from which on large networks are expected to gain more by further steps than small ones; of fewer all learn what there is
	Distill  float64 `yaml:"distill"`  // weight of the slowest finished network's outputs in what the others of its arm learn on the last rung; 0: labels alone
	// Reach is the latency per image from which on networks are out of reach: the
	// budget leaves too little time to finish them. A run finds it out; 0: none is.
	Reach   time.Duration `yaml:"reach"`
	Scratch bool          `yaml:"scratch"` // begin with fresh weights instead of inherited ones
	// Plan holds what the run has decided on, in this order: candidates of an arm on
	// the first rung; steps of each on the first rung, on the second; steps that each
	// candidate could expect on the last rung, by which those are chosen that train
	// there; steps of each of these. With it, another run does the same.
	Plan []int `yaml:"plan,omitempty"`
	// Linear is how many steps the linear classifier has that networks must be better than. A run
	// with a budget decides on it; 0: as many as pictures ask for.
	Linear int `yaml:"linear,omitempty"`
	// Replans holds by which changes of length networks kept to their time on the last
	// rung, by arm and candidate.
	Replans map[string][]supernet.Replan `yaml:"replans,omitempty"`
}
