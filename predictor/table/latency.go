package table

import (
	"context"
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/predictor/devices"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Ways to take the networks that are measured on a new device.
const (
	Chosen = "chosen" // by the model, without looking at the target
	Random = "random"
	Both   = "both"
)

// transfer is the name of the model of package devices.
const transfer = "transfer"

// Latency predicts each target device from the sources and a few measurements, and
// evaluates the predictions on the query rows. Sources are known on the pool only: what the
// query networks are is known, none of their latencies is. Beside the model of package
// devices it evaluates ridge regression and the low-rank model on the same
// measurements alone, FLOPs and parameters where there is a family, and the source that
// has the highest rank correlation with the measurements.
func Latency(ctx context.Context, t *Table, f space.Family, o Options) ([]Result, error) {
	if err := o.check(t); err != nil {
		return nil, err
	}
	pool := o.Pool.of(t)
	query := o.Query.of(t)
	if o.Query == nil && o.Pool != nil {
		query = without(query, pool)
	}
	if len(query) == 0 {
		return nil, fmt.Errorf("%s: the pool leaves no rows to be evaluated on; want a smaller pool or rows of their own", t.File)
	}
	var out []Result
	for _, target := range o.Targets {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c, err := newContest(t, f, o, target, pool, query)
		if err != nil {
			return nil, err
		}
		for _, n := range o.Samples {
			for _, how := range []string{Chosen, Random} {
				if o.Choose != Both && o.Choose != how {
					continue
				}
				r, err := c.evaluate(ctx, n, how)
				if err != nil {
					return nil, err
				}
				out = append(out, r...)
			}
		}
	}
	return out, nil
}

// contest is one target device.
type contest struct {
	table       *Table
	in          predictor.Inputs
	options     Options
	target      string
	truth       []float64
	pool, query []int // rows of the table; query trimmed
	known       [][]float64
	sources     *devices.Sources
	from, to    *devices.Pool
}

func newContest(t *Table, f space.Family, o Options, target string, pool, query []int) (*contest, error) {
	c := &contest{table: t, in: t.Inputs(f), options: o, target: target, pool: pool}
	var err error
	if c.truth, err = t.Column(target); err != nil {
		return nil, err
	}
	names := o.Sources
	if names == nil {
		names = t.Names
	}
	names = slices.DeleteFunc(slices.Clone(names), func(s string) bool { return s == target })
	columns, err := t.Columns(names)
	if err != nil {
		return nil, err
	}
	for _, v := range columns {
		c.known = append(c.known, pick(v, pool))
	}
	if c.sources, err = devices.Fit(t.DeviceInputs(f), pick(t.Archs, pool), c.known); err != nil {
		return nil, fmt.Errorf("%s: %w", t.File, err)
	}
	c.query = trimmed(query, c.truth, o.Trim)
	c.from = c.sources.Prepare(pick(t.Archs, pool), true)
	c.to = c.sources.Prepare(pick(t.Archs, c.query), false)
	return c, nil
}

// vocabulary is on how many networks the kinds of operations are looked up.
const vocabulary = 500

// DeviceInputs returns what the model of devices knows of networks: their choices, how
// often each choice is made where all decisions have the same, and operations and sizes of
// plans if there is a family.
func (t *Table) DeviceInputs(f space.Family) devices.Inputs {
	in := devices.Inputs{Features: t.Inputs(f).Features}
	choices := t.Choices()
	most, equal := slices.Max(choices), slices.Min(choices) == slices.Max(choices)
	var sizes func(space.Arch) []float64
	if f != nil {
		sizes = predictor.PlanNumbers(f.Plan, t.Archs[:min(len(t.Archs), vocabulary)])
	}
	in.Numbers = func(a space.Arch) []float64 {
		var x []float64
		if equal {
			x = make([]float64, most)
			for i := range a.Len() {
				x[a.Gene(i)]++
			}
		}
		if sizes != nil {
			x = append(x, sizes(a)...)
		}
		return x
	}
	return in
}

// evaluate scores all models with n measurements.
func (c *contest) evaluate(ctx context.Context, n int, how string) ([]Result, error) {
	seeds := c.options.Seeds
	if how == Chosen {
		seeds = 1
	}
	models := []string{transfer, "ridge", "fm", "nearest source"}
	if c.in.FLOPs != nil {
		models = append(models, "flops", "params")
	}
	out := make([]Result, len(models))
	taus := make([][]float64, len(models))
	for seed := range uint64(seeds) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		at := c.sample(n, how, seed)
		unseen := c.unmeasured(at)
		if len(unseen) == 0 {
			return nil, fmt.Errorf("%s: all %d query rows are measured; want others", c.table.File, len(c.query))
		}
		for k, name := range models {
			pred, err := c.predict(name, at, seed)
			if err != nil {
				return nil, fmt.Errorf("%s column %s: %w", c.table.File, c.target, err)
			}
			s := scoreOf(pick(pred, unseen), pick(pick(c.truth, c.query), unseen))
			out[k].add(s, 1/float64(seeds))
			out[k].Queries = len(unseen)
			taus[k] = append(taus[k], s.Kendall)
		}
	}
	for k, name := range models {
		out[k].Column, out[k].Model, out[k].Samples, out[k].Choose = c.target, name, n, how
		out[k].Seeds, out[k].Spread = seeds, spreadOf(taus[k])
	}
	return out, nil
}

// unmeasured returns the places of the query rows that are not among the measured places of
// the pool.
func (c *contest) unmeasured(at []int) []int {
	rows := pick(c.pool, at)
	var out []int
	for k, row := range c.query {
		if !slices.Contains(rows, row) {
			out = append(out, k)
		}
	}
	return out
}

// sample returns which entries of the pool are measured. Networks that take no time on the
// target cannot be measured, and are not drawn.
func (c *contest) sample(n int, how string, seed uint64) []int {
	if how == Chosen {
		return c.sources.Choose(c.from, n)
	}
	var usable []int
	for k, i := range c.pool {
		if c.truth[i] > 0 && !c.from.Odd(k) {
			usable = append(usable, k)
		}
	}
	return draw(usable, min(n, len(usable)), seed)
}

// predict returns a model's latencies of the query rows, or scores in their order.
func (c *contest) predict(name string, at []int, seed uint64) ([]float64, error) {
	y := make([]float64, len(at))
	rows := make([]int, len(at))
	for k, i := range at {
		rows[k] = c.pool[i]
		y[k] = c.truth[rows[k]]
	}
	switch name {
	case transfer:
		d, err := c.sources.Place(c.from, at, y)
		if err != nil {
			return nil, err
		}
		return d.Rank(c.to), nil
	case "nearest source":
		return c.nearest(at, y), nil
	}
	m, err := predictor.New(name, c.in, predictor.Options{Seed: seed, Workers: c.options.Workers, Warp: predictor.WarpLog})
	if err != nil {
		return nil, err
	}
	if err := m.Fit(pick(c.table.Archs, rows), y); err != nil {
		return nil, err
	}
	pred, _ := m.Predict(pick(c.table.Archs, c.query))
	return pred, nil
}

// nearest returns the predicted latencies of the query rows on the source that orders the
// measured networks most like the target, times the ratio of the means.
func (c *contest) nearest(at []int, y []float64) []float64 {
	best, top := 0, -2.0
	for d, v := range c.known {
		if rho := predictor.Spearman(pick(v, at), y); rho > top {
			best, top = d, rho
		}
	}
	var ours, theirs float64
	for k, v := range pick(c.known[best], at) {
		ours, theirs = ours+y[k], theirs+v
	}
	out := c.to.Source(best)
	for i := range out {
		out[i] *= ours / theirs
	}
	return out
}
