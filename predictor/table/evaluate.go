package table

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Options say how models are evaluated on a table.
type Options struct {
	Targets []string // columns to predict, each on its own
	Sources []string // Latency: columns of the devices that are known; nil: all but the target
	Samples []int    // networks measured of a target
	Pool    *Rows    // rows to measure from; nil: all
	Query   *Rows    // rows to be evaluated on, but for those that are measured; nil: all (Accuracy), or all that are not in a pool (Latency)
	Trim    float64  // share of the query rows with the lowest, and with the highest, target that is left out
	Seeds   int      // draws of networks
	Choose  string   // Latency: chosen, random or both
	Models  []string // nil: all
	Workers int      // 0: one per processor. No result depends on it
}

// check reports what the options cannot do with a table.
func (o *Options) check(t *Table) error {
	if t.Archs == nil {
		return fmt.Errorf("%s: no column %s or %s; want one that tells what the networks are", t.File, opsColumn, archColumn)
	}
	for _, n := range o.Samples {
		if n < 4 {
			return fmt.Errorf("samples is %d; want at least 4", n)
		}
	}
	if len(o.Samples) == 0 || o.Seeds < 1 {
		return fmt.Errorf("%d numbers of samples and %d seeds; want at least one of both", len(o.Samples), o.Seeds)
	}
	if !(o.Trim >= 0 && o.Trim < 0.5) {
		return fmt.Errorf("trim is %v; want 0 to less than 0.5", o.Trim)
	}
	for name, r := range map[string]*Rows{"pool": o.Pool, "query": o.Query} {
		if r != nil && (r.From < 0 || r.To < r.From || r.To >= t.Rows()) {
			return fmt.Errorf("%s is %d-%d; want rows from 0 to %d of %s", name, r.From, r.To, t.Rows()-1, t.File)
		}
	}
	if most := slices.Max(o.Samples); most >= len(o.Pool.of(t)) {
		return fmt.Errorf("samples is %d; want fewer than the %d rows of the pool", most, len(o.Pool.of(t)))
	}
	return nil
}

// of lists the rows of a table; a nil range is all.
func (r *Rows) of(t *Table) []int {
	if r == nil {
		r = &Rows{0, t.Rows() - 1}
	}
	out := make([]int, 0, r.To-r.From+1)
	for i := r.From; i <= r.To; i++ {
		out = append(out, i)
	}
	return out
}

// draw returns n rows of the pool at random.
func draw(pool []int, n int, seed uint64) []int {
	out := make([]int, n)
	for k, at := range rand.New(rand.NewPCG(seed, uint64(n))).Perm(len(pool))[:n] {
		out[k] = pool[at]
	}
	return out
}

func pick[T any](v []T, at []int) []T {
	out := make([]T, len(at))
	for k, i := range at {
		out[k] = v[i]
	}
	return out
}

// without returns the rows that are not among others.
func without(rows, others []int) []int {
	drop := make(map[int]bool, len(others))
	for _, i := range others {
		drop[i] = true
	}
	var out []int
	for _, i := range rows {
		if !drop[i] {
			out = append(out, i)
		}
	}
	return out
}

// Inputs returns what models may know of the table's networks: from the family's plans if
// there is one, else one-hot digits, each as many choices as the table shows.
func (t *Table) Inputs(f space.Family) predictor.Inputs {
	if f != nil {
		return predictor.FamilyInputs(f).Remembering()
	}
	choices := t.Choices()
	total := 0
	for _, c := range choices {
		total += c
	}
	return predictor.Inputs{Features: func(a space.Arch) []float64 {
		x, at := make([]float64, total), 0
		for i, c := range choices {
			x[at+a.Gene(i)] = 1
			at += c
		}
		return x
	}}
}

// Accuracy fits each model to samples drawn at random, and evaluates it on the other rows.
// All models get the same samples. A cancelled context ends it between two fits.
func Accuracy(ctx context.Context, t *Table, f space.Family, o Options) ([]Result, error) {
	if err := o.check(t); err != nil {
		return nil, err
	}
	in := t.Inputs(f)
	names := o.Models
	if names == nil {
		for _, n := range Models() {
			if (n != "flops" || in.FLOPs != nil) && (n != "params" || in.Params != nil) {
				names = append(names, n)
			}
		}
	}
	targets, err := t.Columns(o.Targets)
	if err != nil {
		return nil, err
	}
	var out []Result
	pool := o.Pool.of(t)
	for k, y := range targets {
		for _, n := range o.Samples {
			for _, name := range names {
				r := Result{Column: o.Targets[k], Model: name, Samples: n, Choose: "random", Seeds: o.Seeds}
				var taus []float64
				for seed := range uint64(o.Seeds) {
					if err := ctx.Err(); err != nil {
						return nil, err
					}
					at := draw(pool, n, seed)
					rows := trimmed(without(o.Query.of(t), at), y, o.Trim)
					if len(rows) == 0 {
						return nil, fmt.Errorf("%s: %d networks to learn from, draw %d, leave no query row to be evaluated on; want more query rows, or others than the pool", t.File, n, seed+1)
					}
					m, err := open(name, in, predictor.Options{Seed: seed, Workers: o.Workers})
					if err != nil {
						return nil, err
					}
					if err := m.Fit(pick(t.Archs, at), pick(y, at)); err != nil {
						return nil, fmt.Errorf("%s column %s: %w", t.File, o.Targets[k], err)
					}
					pred, _ := m.Predict(pick(t.Archs, rows))
					s := scoreOf(pred, pick(y, rows))
					r.add(s, 1/float64(o.Seeds))
					r.Queries = len(rows)
					taus = append(taus, s.Kendall)
				}
				r.Spread = spreadOf(taus)
				out = append(out, r)
			}
		}
	}
	return out, nil
}
