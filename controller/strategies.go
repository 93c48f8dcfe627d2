package controller

import (
	"errors"
	"fmt"
	"strings"

	"github.com/espalier-nas/espalier/supernet/space"
)

// StrategyOptions hold what each strategy needs; New reads the part of the one
// that is asked for.
type StrategyOptions struct {
	Seed   uint64 `yaml:"-"`
	Limits Limits `yaml:"-"` // of the search, for strategies that learn what meets them
	Trials int    `yaml:"-"` // evaluations of the search, for policies whose rate grows over them; 0: not known
	// Features are numbers of what a network computes, as many for each, for strategies that
	// compare networks; they need not say what the decisions say. nil: decisions alone count.
	Features  func(space.Arch) []float64 `yaml:"-"`
	Bayes     BayesOptions               `yaml:"bayes"`
	Evolution EvolutionOptions           `yaml:"evolution"`
	Guided    GuidedOptions              `yaml:"guided"`
	Local     LocalOptions               `yaml:"local"`
	NSGA2     NSGA2Options               `yaml:"nsga2"`
	LSTM      PolicyOptions              `yaml:"rl"`
	PPO       PolicyOptions              `yaml:"ppo"`
	Tunas     PolicyOptions              `yaml:"tunas"`
}

// DefaultStrategyOptions returns the defaults of every strategy.
func DefaultStrategyOptions(seed uint64) StrategyOptions {
	return StrategyOptions{
		Seed:      seed,
		Bayes:     DefaultBayesOptions(),
		Evolution: DefaultEvolutionOptions(),
		Guided:    DefaultGuidedOptions(),
		Local:     DefaultLocalOptions(),
		NSGA2:     DefaultNSGA2Options(),
		LSTM:      DefaultLSTMOptions(),
		PPO:       DefaultPPOOptions(),
		Tunas:     DefaultTunasOptions(),
	}
}

// Validate reports every option of any strategy that cannot be used.
func (o StrategyOptions) Validate() error {
	named := func(name string, err error) error {
		if err != nil {
			return fmt.Errorf("strategy %q: %w", name, err)
		}
		return nil
	}
	return errors.Join(
		named("bayes", o.Bayes.Validate()), named("evolution", o.Evolution.Validate()), named("guided", o.Guided.Validate()),
		named("local", o.Local.Validate()), named("nsga2", o.NSGA2.Validate()),
		named("rl", o.LSTM.Validate()), named("ppo", o.PPO.Validate()), named("tunas", o.Tunas.Validate()))
}

// strategies are the kinds of strategy; a new one is one line.
var strategies = []struct {
	name string
	open func(name string, s *space.Space, o *StrategyOptions) (Strategy, error)
}{
	{"bayes", openBayes},         // a Gaussian process and expected improvement
	{"evolution", openEvolution}, // regularised evolution
	{"guided", openGuided},       // evolution on a predictor that learns as it goes
	{"halton", openHalton},       // a low-discrepancy sequence
	{"local", openLocal},         // first-improvement local search
	{"nsga2", openNSGA2},         // several objectives
	{"ppo", openPPO},             // the LSTM controller trained by PPO, a *Reinforce
	{"random", openRandom},
	{"rl", openLSTM},     // LSTM controller, a *Reinforce
	{"tunas", openTunas}, // independent decisions, a *Reinforce
}

// Strategies lists the names that New knows.
func Strategies() []string {
	var names []string
	for _, k := range strategies {
		names = append(names, k.name)
	}
	return names
}

// New returns the strategy called name, one of Strategies.
func New(name string, s *space.Space, o StrategyOptions) (Strategy, error) {
	for _, k := range strategies {
		if k.name == name {
			return k.open(name, s, &o)
		}
	}
	return nil, unknown(name, Strategies()...)
}

func openEvolution(_ string, s *space.Space, o *StrategyOptions) (Strategy, error) {
	return newEvolution(s, o.Seed, o.Evolution)
}

func openLocal(_ string, s *space.Space, o *StrategyOptions) (Strategy, error) {
	return newLocal(s, o.Seed, o.Local)
}

func openRandom(name string, s *space.Space, o *StrategyOptions) (Strategy, error) {
	return newRandom(s, o.Seed, name), nil
}

func openLSTM(name string, s *space.Space, o *StrategyOptions) (Strategy, error) {
	return openPolicy(name, s, o, o.LSTM)
}

func openPPO(name string, s *space.Space, o *StrategyOptions) (Strategy, error) {
	return openPolicy(name, s, o, o.PPO)
}

func openTunas(name string, s *space.Space, o *StrategyOptions) (Strategy, error) {
	return openPolicy(name, s, o, o.Tunas)
}

func openPolicy(name string, s *space.Space, o *StrategyOptions, p PolicyOptions) (Strategy, error) {
	p.Trials = o.Trials
	r, err := NewReinforce(name, s, o.Seed, p)
	if err != nil {
		return nil, err // and no strategy that holds a nil policy
	}
	return r, nil
}

func unknown(name string, known ...string) error {
	return fmt.Errorf("strategy %q is unknown, want one of %s", name, strings.Join(known, ", "))
}
