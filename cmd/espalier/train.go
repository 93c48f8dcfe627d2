package main

import (
	"context"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/run"
)

type trainCmd struct {
	configFlags
	folderFlags
	screenFlags
}

// Run trains the shared weights.
func (c trainCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.configFlags.load()
	if err != nil {
		return err
	}
	return inFolder(c.folderFlags, c.screenFlags, cfg, s.err, func(r *run.Run) error { return r.TrainOnly(ctx) })
}
