package table

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/espalier-nas/espalier/controller"
)

// Options of a contest.
type Options struct {
	Strategies  []string // of controller.Strategies; random search takes part in any case
	Evaluations int      // of each search
	Seeds       int      // searches of each strategy
	Batch       int      // evaluations between two updates of a strategy
	Seed        uint64   // of the first search; those after it count up

	// Objectives, of controller.Objectives, are what searches are to trade against each
	// other; regret is then the share of the table's hypervolume that they do not cover.
	// Empty: the figure alone counts, and strategies pursue what Tuning says.
	Objectives []string
	Tuning     controller.StrategyOptions // what each strategy needs; seed, evaluations and Objectives are the contest's
}

// Contest is what searches of a table by several strategies came to.
type Contest struct {
	Table       string     `json:"table"`
	Column      string     `json:"column"`
	Networks    int        `json:"networks"`
	Best        float64    `json:"best"`
	Objectives  []string   `json:"objectives,omitempty"` // whose hypervolume counts; none: the figure alone
	Front       int        `json:"front,omitempty"`      // networks that none dominates, with objectives
	Evaluations int        `json:"evaluations"`
	Seeds       int        `json:"seeds"`
	Batch       int        `json:"batch"`
	Seed        uint64     `json:"seed"`
	Standings   []Standing `json:"strategies"` // the lowest mean regret first
}

// tries bounds the proposals in a row that bring nothing new: small tables run out.
const tries = 400

// Run lets every strategy search the table once for each seed. What it returns depends
// on table and options only, but for the time it took.
func Run(ctx context.Context, t *Table, o Options) (*Contest, error) {
	if err := o.check(t); err != nil {
		return nil, err
	}
	if !slices.Contains(o.Strategies, "random") {
		o.Strategies = append(slices.Clone(o.Strategies), "random")
	}
	regret, front := t.regret, 0
	if len(o.Objectives) > 0 {
		c, err := newCoverage(t, o.Objectives)
		if err != nil {
			return nil, err
		}
		regret, front = c.regret, c.front
		o.Tuning.Bayes.Objectives, o.Tuning.NSGA2.Objectives = o.Objectives, o.Objectives
	}
	runs, err := searches(ctx, t, o, regret)
	if err != nil {
		return nil, err
	}
	c := &Contest{
		Table: t.Name, Column: t.Column, Networks: t.Len(), Best: t.Best(), Objectives: o.Objectives, Front: front,
		Evaluations: o.Evaluations, Seeds: o.Seeds, Batch: o.Batch, Seed: o.Seed,
	}
	return c, c.stand(t, o.Strategies, runs)
}

func (o Options) check(t *Table) error {
	var errs []error
	if len(o.Strategies) == 0 {
		errs = append(errs, errors.New("strategies is empty; want at least one"))
	}
	for _, s := range o.Strategies {
		if !slices.Contains(controller.Strategies(), s) {
			errs = append(errs, fmt.Errorf("strategy %q is unknown; want some of %v", s, controller.Strategies()))
		}
	}
	if o.Evaluations < 1 || o.Evaluations > t.Len() {
		errs = append(errs, fmt.Errorf("evaluations is %d; want 1 to %d, the networks of the table", o.Evaluations, t.Len()))
	}
	if o.Seeds < 2 {
		errs = append(errs, fmt.Errorf("seeds is %d; want at least 2", o.Seeds))
	}
	if o.Batch < 1 {
		errs = append(errs, fmt.Errorf("batch is %d; want at least 1", o.Batch))
	}
	for i, name := range o.Objectives {
		if !slices.Contains(controller.Objectives(), name) || slices.Contains(o.Objectives[:i], name) {
			errs = append(errs, fmt.Errorf("objectives: %q; want some of %v, each once", name, controller.Objectives()))
		}
	}
	if len(o.Objectives) == 1 {
		errs = append(errs, errors.New("objectives has one name; want at least 2, or none for the figure alone"))
	}
	errs = append(errs, o.Tuning.Validate())
	return errors.Join(errs...)
}

// curve is one search: its regret after each evaluation, and how long it took.
type curve struct {
	regret []float64
	took   time.Duration
}

// regrets returns the regret after each of the trials of a search.
type regrets func([]controller.Trial) ([]float64, error)

// regret returns how far the best figure so far lies below that of the table.
func (t *Table) regret(trials []controller.Trial) ([]float64, error) {
	var out []float64
	for _, best := range controller.Anytime(trials) {
		out = append(out, t.Best()-best)
	}
	return out, nil
}

// searches returns the curves by strategy and seed.
func searches(ctx context.Context, t *Table, o Options, regret regrets) ([][]curve, error) {
	runs := make([][]curve, len(o.Strategies))
	for i := range runs {
		runs[i] = make([]curve, o.Seeds)
	}
	type job struct{ strategy, seed int }
	jobs := make(chan job)
	errs := make([]error, runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for w := range errs {
		all.Go(func() {
			for j := range jobs {
				if errs[w] == nil {
					runs[j.strategy][j.seed], errs[w] = search(ctx, t, o, regret, o.Strategies[j.strategy], o.Seed+uint64(j.seed))
				}
			}
		})
	}
	for seed := range o.Seeds {
		for i := range o.Strategies {
			jobs <- job{i, seed}
		}
	}
	close(jobs)
	all.Wait()
	return runs, errors.Join(errs...)
}

// search is one search of one strategy. One that runs out of proposals keeps what it has.
func search(ctx context.Context, t *Table, o Options, regret regrets, name string, seed uint64) (curve, error) {
	start := time.Now()
	tuning := o.Tuning
	tuning.Seed, tuning.Trials = seed, o.Evaluations
	s, err := controller.New(name, t.space, tuning)
	if err != nil {
		return curve{}, err
	}
	so := controller.Options{Trials: o.Evaluations, Batch: o.Batch, Seed: seed, Strategy: name, Tries: tries}
	res, err := controller.Search(ctx, t.problem(), s, so, nil)
	if err != nil {
		return curve{}, fmt.Errorf("strategy %q, seed %d: %w", name, seed, err)
	}
	c := curve{took: time.Since(start)}
	if c.regret, err = regret(res.Trials); err != nil {
		return curve{}, fmt.Errorf("strategy %q, seed %d: %w", name, seed, err)
	}
	for len(c.regret) < o.Evaluations {
		c.regret = append(c.regret, c.regret[len(c.regret)-1])
	}
	return c, nil
}
