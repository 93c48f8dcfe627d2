package search

import (
	"context"
	"errors"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
)

// Do carries out a whole search in a new folder and returns its report; the networks lie in
// the folder, as files that supernet.LoadNetwork reads. Preset spaces are resolved and the
// configuration is checked first. After an interruption Resume goes on.
func Do(ctx context.Context, folder string, cfg config.Config, m Monitor) (report.Report, error) {
	if err := cfg.Ready(); err != nil {
		return report.Report{}, err
	}
	dir, err := rundir.Create(folder)
	if err != nil {
		return report.Report{}, err
	}
	return do(ctx, dir, cfg, m)
}

// Resume goes on with the search in a folder, under the folder's own configuration.
func Resume(ctx context.Context, folder string, m Monitor) (report.Report, error) {
	dir, err := rundir.Open(folder)
	if err != nil {
		return report.Report{}, err
	}
	cfg, err := FolderConfig(dir)
	if err != nil {
		return report.Report{}, errors.Join(err, dir.Close())
	}
	return do(ctx, dir, cfg, m)
}

// FolderConfig returns the configuration of a run folder, checked.
func FolderConfig(dir *rundir.Dir) (config.Config, error) {
	cfg, err := config.Load(dir.Path(rundir.Config))
	if err != nil {
		return cfg, err
	}
	return cfg, cfg.Ready()
}

func do(ctx context.Context, dir *rundir.Dir, cfg config.Config, m Monitor) (rep report.Report, err error) {
	defer func() { err = errors.Join(err, dir.Close()) }()
	r, err := New(dir, cfg, m)
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return r.SearchSeeds(ctx)
}
