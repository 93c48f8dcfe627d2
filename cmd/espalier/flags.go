package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/espalier-nas/espalier/search/config"
)

// configFlags set single fields of the configuration of a run; each overrides the file. Other commands
// have only those of their parts that count there.
type configFlags struct {
	settingFlags
	lengthFlags
	recipeFlags
}

// settingFlags set pictures, space, seed and machine.
type settingFlags struct {
	spaceFlags
	Seed    *uint64 `placeholder:"N" help:"Seed of everything random (default: ${default_seed})."`
	Workers *int    `placeholder:"N" help:"Goroutines that compute (default: one per processor)."`
	Kernel  *string `placeholder:"NAME" help:"Kernels: ${kernels} (default: the best)."`
}

// spaceFlags set pictures and space.
type spaceFlags struct {
	Config string `short:"c" type:"existingfile" placeholder:"FILE" help:"YAML configuration; flags override it."`

	Data *string `placeholder:"DIR" help:"Pictures: IDX, CIFAR, NumPy arrays, csv files, or a folder per class (default: embedded pictures)."`
	Size *int    `placeholder:"N" help:"Scale pictures in folders to N x N pixels."`
	Gray *bool   `negatable:"" help:"Read pictures in folders as grey."`

	Fit          *string       `placeholder:"NAME" help:"How pictures in folders get their size: ${fits} (default: ${default_fit})."`
	Background   *string       `placeholder:"COLOUR" help:"What transparent parts of pictures lie on, such as #000000 (default: ${default_background})."`
	Group        *string       `placeholder:"PATTERN" help:"Keep pictures in folders on one side of the split if this regular expression finds the same text in CLASS/FILE."`
	Labels       *string       `placeholder:"KIND" help:"Which labels of CIFAR-100: ${labels} (default: ${default_labels})."`
	Cache        *config.Count `placeholder:"BYTES" help:"Keep at most so many bytes of pictures in folders in memory, such as 500M, and read the others from their files when they are needed (default: a quarter of the memory that is free)."`
	LabelPattern *string       `placeholder:"PATTERN" help:"Take the class from the names of pictures: what the only group of this regular expression, or the one called label, finds, such as '^(\\d)_'."`
	SkipBad      *bool         `negatable:"" help:"Leave out pictures in folders that cannot be read."`

	Space *string `placeholder:"NAME|FILE" help:"Search space: a name that spaces lists, or a YAML file (default: ${default_space})."`
}

// lengthFlags say how long a run takes, and what it trains for most of that time.
type lengthFlags struct {
	Budget  *time.Duration `placeholder:"TIME" help:"Wall-clock time of the whole run, such as 20m (default: ${default_budget})."`
	Epochs  *float64       `placeholder:"N" help:"Training: passes over the training split, instead of a budget."`
	Steps   *int           `placeholder:"N" help:"Training: optimiser steps, instead of a budget."`
	Sampler *string        `placeholder:"NAME" help:"Training: ${samplers} (default: ${default_sampler})."`
}

// recipeFlags say how networks are trained, together or alone.
type recipeFlags struct {
	Batch   *int     `placeholder:"N" help:"Training: images per step (default: ${default_batch})."`
	LR      *float64 `name:"lr" placeholder:"RATE" help:"Training: peak learning rate (default: ${default_lr}); finishing in a search has finish.lr of the configuration."`
	Balance *bool    `negatable:"" help:"Training: show pictures of every class equally often."`
}

// aloneFlags say how each of many networks is trained alone.
type aloneFlags struct {
	Epochs *float64 `placeholder:"N" help:"Training: passes over the training split, of each network (default: ${default_truth_epochs})."`
	Steps  *int     `placeholder:"N" help:"Training: optimiser steps of each network, instead of passes."`
	recipeFlags
}

// searchFlags set the fields that only a search has.
type searchFlags struct {
	Strategy   *string        `placeholder:"NAME" help:"Search: ${strategies} (default: ${default_strategy})."`
	Score      *string        `placeholder:"NAME" help:"Search: score proposals by predictor or supernet (default: ${default_score})."`
	Trials     *int           `placeholder:"N" help:"Search: proposals to score (default: ${default_trials})."`
	Sweep      *int           `placeholder:"N" help:"Search: searches in a round, each under a higher latency limit than the one before, so that the Pareto set has fast and slow networks (default: ${default_sweep})."`
	Top        *int           `placeholder:"N" help:"Search: candidates that finishing begins with; with --random, as many of random search too (default: ${default_top})."`
	Networks   *int           `placeholder:"N" help:"Search: networks to finish, spaced by latency (default: ${default_networks}); with 1, all the time goes to the most accurate."`
	Seeds      *int           `placeholder:"N" help:"Search: do search and finishing with so many seeds, on one supernet, each again in the time that they took, and report means and intervals of what is handed over and, unless --no-random, of what is gained over random search (default: ${default_seeds})."`
	Prior      *string        `placeholder:"DIR" help:"Search: begin predictions with what the run in this folder has evaluated, of the same space on other pictures."`
	Random     *bool          `negatable:"" help:"Search: give half of the time to random search, with as many evaluations and as much finishing, and compare."`
	Rival      []string       `sep:"none" placeholder:"ARCH" help:"After the search, train this network alone for as long as the search took, scaled to the latency of each network handed over: an architecture, or auto for a plain network; may be repeated."`
	MaxLatency *time.Duration `placeholder:"TIME" help:"Limit on latency per image, such as 1ms."`
	MaxFLOPs   *config.Count  `name:"max-flops" placeholder:"N" help:"Limit on operations per image, such as 20M."`
	MaxParams  *config.Count  `placeholder:"N" help:"Limit on parameters, such as 250k."`
	MaxMemory  *config.Count  `placeholder:"BYTES" help:"Limit on the memory of the maps that are alive at once while one image is classified, such as 200k."`
	MaxEnergy  *config.Energy `placeholder:"ENERGY" help:"Limit on energy per image, such as 3mJ, where --probe or the processor tells it."`
	MaxSize    *config.Count  `placeholder:"BYTES" help:"Limit on the size of the network's file, such as 1M."`

	MaxLatencyOn []latencyOn `sep:"none" placeholder:"FILE=TIME" help:"Limit on latency per image on another device, such as phone.json=5ms: FILE is what measure has written there for this space; may be repeated."`
}

// probeFlag says whose latency counts.
type probeFlag struct {
	Probe *string `placeholder:"COMMAND" help:"Measure networks on another runtime: the command is called with the path of an ONNX model and prints milliseconds per image, and millijoules where it knows them."`
}

// apply puts the flag on top of c.
func (f probeFlag) apply(c *config.Config) {
	if f.Probe != nil {
		c.Forget()
	}
	set(&c.Device.Probe, f.Probe)
}

// load returns the configuration file, or the defaults, with the flags on top. It is not yet validated.
func (f configFlags) load() (config.Config, error) {
	c, err := f.settingFlags.load()
	if err != nil {
		return config.Config{}, err
	}
	f.recipeFlags.apply(&c)
	return c, f.lengthFlags.apply(&c)
}

// load is that of spaceFlags, with the other flags on top.
func (f settingFlags) load() (config.Config, error) {
	c, err := f.spaceFlags.load()
	if err != nil {
		return config.Config{}, err
	}
	if f.Seed != nil { // workers and kernel say how something is computed, not what
		c.Forget()
	}
	set(&c.Seed, f.Seed)
	set(&c.Workers, f.Workers)
	if f.Kernel != nil {
		c.Kernel = config.Kernel(*f.Kernel)
	}
	return c, nil
}

// ready makes what load has returned ready, with what else was set. Faults tell where they stand in the file.
func (f spaceFlags) ready(c *config.Config) error { return config.Located(c.Ready(), f.Config) }

// load returns the configuration file, or the defaults, with the flags on top. Where these change
// what is computed, what an earlier run has decided on is dropped, if the file is of one. It is not
// yet validated.
func (f spaceFlags) load() (config.Config, error) {
	c := config.Default()
	if f.Config != "" {
		var err error
		if c, err = config.Load(f.Config); err != nil {
			return config.Config{}, err
		}
	}
	if f != (spaceFlags{Config: f.Config}) {
		c.Forget()
	}
	set(&c.Data.Dir, f.Data)
	set(&c.Data.Size, f.Size)
	set(&c.Data.Gray, f.Gray)
	set(&c.Data.Fit, f.Fit)
	set(&c.Data.Background, f.Background)
	set(&c.Data.SkipBad, f.SkipBad)
	set(&c.Data.Group, f.Group)
	set(&c.Data.Cache, f.Cache)
	set(&c.Data.Labels, f.Labels)
	set(&c.Data.LabelPattern, f.LabelPattern)
	if f.Space != nil {
		s, err := config.LoadSpace(*f.Space)
		if err != nil {
			return config.Config{}, err
		}
		c.Space = s
	}
	return c, nil
}

// apply puts the flags on top of c, as load does.
func (f recipeFlags) apply(c *config.Config) {
	if f != (recipeFlags{}) {
		c.Forget()
	}
	set(&c.Train.Batch, f.Batch)
	set(&c.Train.LR, f.LR)
	set(&c.Data.Balance, f.Balance)
	if f.LR != nil {
		c.Train.MinLR = min(c.Train.MinLR, *f.LR)
	}
}

// apply puts the flags on top of c, as load does: one flag of length replaces what the file says of
// all three.
func (f lengthFlags) apply(c *config.Config) error {
	if f != (lengthFlags{}) {
		c.Forget()
	}
	set(&c.Train.Sampler, f.Sampler)
	n := 0
	for _, given := range []bool{f.Steps != nil, f.Epochs != nil, f.Budget != nil} {
		if given {
			n++
		}
	}
	if n > 1 {
		return errors.New("--budget, --epochs and --steps each fix the length of training; want one of them")
	}
	switch { // none would be left to the budget
	case f.Steps != nil && *f.Steps < 1:
		return fmt.Errorf("--steps is %d; want at least 1", *f.Steps)
	case f.Epochs != nil && !(*f.Epochs > 0):
		return fmt.Errorf("--epochs is %v; want more than 0", *f.Epochs)
	}
	if n == 1 {
		c.Train.Steps, c.Train.Epochs = 0, 0
	}
	set(&c.Train.Steps, f.Steps)
	set(&c.Train.Epochs, f.Epochs)
	set(&c.Budget, f.Budget)
	return nil
}

// check refuses lengths that are none, or two at once.
func (f aloneFlags) check() error {
	switch {
	case f.Steps != nil && f.Epochs != nil:
		return errors.New("--epochs and --steps each fix the length of a training; want one of them")
	case f.Steps != nil && *f.Steps < 1:
		return fmt.Errorf("--steps is %d; want at least 1", *f.Steps)
	case f.Epochs != nil && !(*f.Epochs > 0):
		return fmt.Errorf("--epochs is %v; want more than 0", *f.Epochs)
	}
	return nil
}

// apply puts the flags on top of c, as load does.
func (f searchFlags) apply(c *config.Config) {
	searching := f
	if searching.Rival = nil; !reflect.DeepEqual(searching, searchFlags{}) { // rivals are trained after all else
		c.Forget()
	}
	set(&c.Search.Strategy, f.Strategy)
	set(&c.Search.Score, f.Score)
	set(&c.Search.Trials, f.Trials)
	set(&c.Search.Sweep, f.Sweep)
	set(&c.Predictor.Prior, f.Prior)
	set(&c.Search.Top, f.Top)
	set(&c.Finish.Networks, f.Networks)
	set(&c.Search.Seeds, f.Seeds)
	c.Search.Random = c.Search.Random || c.Search.Seeds > 1 // what seeds tell is a difference
	set(&c.Search.Random, f.Random)
	if len(f.Rival) > 0 {
		c.Rivals = f.Rival
	}
	set(&c.Limits.Latency, f.MaxLatency)
	set(&c.Limits.FLOPs, f.MaxFLOPs)
	set(&c.Limits.Params, f.MaxParams)
	set(&c.Limits.Memory, f.MaxMemory)
	set(&c.Limits.Size, f.MaxSize)
	set(&c.Limits.Energy, f.MaxEnergy)
	if len(f.MaxLatencyOn) > 0 {
		c.Limits.Elsewhere = nil
		for _, on := range f.MaxLatencyOn {
			c.Limits.Elsewhere = append(c.Limits.Elsewhere, config.Elsewhere(on))
		}
	}
}

// latencyOn is a limit on another device as flags write it: FILE=TIME.
type latencyOn config.Elsewhere

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *latencyOn) UnmarshalText(text []byte) error {
	at := strings.LastIndexByte(string(text), '=')
	if at < 1 {
		return fmt.Errorf("%q; want a latency file and a limit, such as phone.json=5ms", text)
	}
	limit, err := time.ParseDuration(string(text[at+1:]))
	if err != nil || limit <= 0 {
		return fmt.Errorf("%q: %q is no limit; want a duration such as 5ms", text, text[at+1:])
	}
	l.Table, l.Latency = string(text[:at]), limit
	return nil
}

func set[T any](field, flag *T) {
	if flag != nil {
		*field = *flag
	}
}
