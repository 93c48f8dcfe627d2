package search

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/data"
)

// seed returns the seed of everything random in search and finishing. That of
// splits, supernet and evaluating is the configuration's in every repetition.
func (r *Run) seed() uint64 {
	if r.cfg.Search.Repeat == 0 {
		return r.cfg.Seed
	}
	return stream.New(r.cfg.Seed, "repeat", uint64(r.cfg.Search.Repeat)).Uint64()
}

// SearchSeeds is Search, and then search and finishing again on the same supernet
// for each of the other search.seeds, in folders of their own within the run's.
// The report says what they give together.
func (r *Run) SearchSeeds(ctx context.Context) (report.Report, error) {
	rep, err := r.Search(ctx)
	if err != nil || r.cfg.Search.Seeds == 1 {
		return rep, err
	}
	r.release()
	all := []report.Report{rep}
	for k := 1; k < r.cfg.Search.Seeds; k++ {
		r.monitor.Log.Info("search again", "number", k+1, "of", r.cfg.Search.Seeds)
		again, err := r.repeat(ctx, k)
		if err != nil {
			return report.Report{}, fmt.Errorf("search %d of %d: %w", k+1, r.cfg.Search.Seeds, err)
		}
		all = append(all, again)
		rep.Checks.Accesses.Repeats += again.Checks.Accesses.Handed
		rep.Checks.Accesses.ByHand += again.Checks.Accesses.ByHand
	}
	rep.Outstanding = 0
	rep.Seeds = together(all)
	if s := rep.Seeds; s.Front.N > 0 && s.Front.Mean <= 0 {
		r.warn("over %d repetitions the search is no better than random search with as many evaluations and as much finishing: at equal latency %+.4f on average, 95 %% interval [%+.4f, %+.4f]",
			s.Front.N, s.Front.Mean, s.Front.Low, s.Front.High)
		rep.Warnings = append(rep.Warnings, r.warnings[len(r.warnings)-1])
	}
	return rep, r.writeReport(rep)
}

// release lets go of pictures and weights: repetitions open theirs, and memory is computed for those
// of one search.
func (r *Run) release() {
	r.net, r.compare, r.final, r.bounds, r.elsewhere = nil, nil, nil, nil, nil
	r.source, r.splits = nil, data.Splits{}
}

// repeat searches in a folder of its own with another seed.
func (r *Run) repeat(ctx context.Context, k int) (rep report.Report, err error) {
	path := r.dir.Path(fmt.Sprintf("repeat-%d", k))
	dir, err := r.fork(path, k)
	if err != nil {
		return report.Report{}, err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	cfg, err := config.Load(dir.Path(rundir.Config))
	if err != nil {
		return report.Report{}, err
	}
	again, err := New(dir, cfg, r.monitor)
	if err != nil {
		return report.Report{}, err
	}
	defer func() { err = errors.Join(err, again.Close()) }()
	return again.Search(ctx)
}

// fork makes a folder with what the repetitions share: supernet, latencies, and
// the account of the time that they took, or opens it.
func (r *Run) fork(path string, k int) (*rundir.Dir, error) {
	if rundir.View(path).Has(rundir.State) {
		return rundir.Open(path)
	}
	if err := os.RemoveAll(path); err != nil {
		return nil, err
	}
	dir, err := rundir.Create(path)
	if err != nil {
		return nil, err
	}
	shares := []string{rundir.Supernet, rundir.Latency}
	if r.dir.Has(rundir.Probes) {
		shares = append(shares, rundir.Probes)
	}
	if r.prior != nil {
		shares = append(shares, rundir.Prior)
	}
	for i := range r.cfg.Limits.Elsewhere {
		shares = append(shares, rundir.Elsewhere(i))
	}
	for _, name := range shares {
		content, err := os.ReadFile(r.dir.Path(name))
		if err == nil {
			err = dir.Write(name, content)
		}
		if err != nil {
			return nil, errors.Join(err, dir.Close())
		}
	}
	shared := state{Command: r.state.Command, Data: r.state.Data, Prior: r.state.Prior, Train: r.state.Train, Pool: r.state.Pool, Linear: r.state.Linear, Timing: r.state.Timing}
	for _, p := range r.state.Phases {
		if p.Name == phaseLatency || p.Name == phaseTrain {
			shared.Phases = append(shared.Phases, p)
		}
	}
	cfg := r.cfg
	cfg.Search.Repeat, cfg.Search.Seeds, cfg.Rivals, cfg.Finish.Plan, cfg.Finish.Replans = k, 1, nil, nil, nil
	save := func(text []byte) error { return dir.Write(rundir.Config, text) }
	if err := errors.Join(cfg.Save(save), shared.save(dir)); err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return dir, nil
}
