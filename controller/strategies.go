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
	Seed      uint64           `yaml:"-"`
	Evolution EvolutionOptions `yaml:"evolution"`
	Local     LocalOptions     `yaml:"local"`
	LSTM      PolicyOptions    `yaml:"rl"`
	Tunas     PolicyOptions    `yaml:"tunas"`
}

// DefaultStrategyOptions returns the defaults of every strategy.
func DefaultStrategyOptions(seed uint64) StrategyOptions {
	return StrategyOptions{
		Seed:      seed,
		Evolution: DefaultEvolutionOptions(),
		Local:     DefaultLocalOptions(),
		LSTM:      DefaultLSTMOptions(),
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
		named("evolution", o.Evolution.Validate()), named("local", o.Local.Validate()),
		named("rl", o.LSTM.Validate()), named("tunas", o.Tunas.Validate()))
}

// Strategies lists the names that New knows.
func Strategies() []string { return []string{"evolution", "local", "random", "rl", "tunas"} }

// New returns the strategy called name: "evolution" (regularised evolution),
// "local" (first-improvement local search), "random", "rl" (LSTM controller) or
// "tunas" (independent decisions); the last two are a *Reinforce.
func New(name string, s *space.Space, o StrategyOptions) (Strategy, error) {
	switch name {
	case "evolution":
		return newEvolution(s, o.Seed, o.Evolution)
	case "local":
		return newLocal(s, o.Seed, o.Local)
	case "random":
		return newRandom(s, o.Seed, "random"), nil
	case "rl":
		return asStrategy(NewReinforce(name, s, o.Seed, o.LSTM))
	case "tunas":
		return asStrategy(NewReinforce(name, s, o.Seed, o.Tunas))
	}
	return nil, unknown(name, Strategies()...)
}

// asStrategy keeps a nil policy from becoming a strategy that is not nil.
func asStrategy(r *Reinforce, err error) (Strategy, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

func unknown(name string, known ...string) error {
	return fmt.Errorf("strategy %q is unknown, want one of %s", name, strings.Join(known, ", "))
}
