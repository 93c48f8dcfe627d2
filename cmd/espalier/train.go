package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/search/config"
)

type trainCmd struct {
	configFlags
	folderFlags
	screenFlags
	Arch *string `placeholder:"TEXT" help:"Train this architecture alone, in text form, or min, max or random."`
}

// Run trains the shared weights, or one architecture alone.
func (c trainCmd) Run(ctx context.Context, s streams) error {
	if c.Resume != "" && (c.configFlags != configFlags{} || c.Arch != nil) {
		return errResume
	}
	if c.Arch != nil && c.Sampler != nil {
		return errors.New("--sampler is of the supernet, and with --arch none is trained; want one of both")
	}
	cfg, err := c.configFlags.load()
	if err != nil {
		return err
	}
	if c.Arch != nil {
		cfg.Forget()
	}
	set(&cfg.Train.Arch, c.Arch)
	err = inFolder(ctx, c.folderFlags, c.screenFlags, cfg, s, func(r *search.Run) error {
		n, score, err := r.TrainOnly(ctx)
		if err != nil {
			return err
		}
		if n == nil {
			loss, accuracy, _ := r.LastStep()
			_, err = fmt.Fprintf(s.out, "supernet of %d steps, the last with loss %.4f and accuracy %.4f on its batch\n", r.Config().Train.Steps, loss, accuracy)
			return err
		}
		_, err = fmt.Fprintf(s.out, "validation accuracy %.4f  loss %.4f  %s\n", score.Accuracy, score.Loss, n.Label().Arch)
		return err
	})
	return config.Located(err, c.Config)
}
