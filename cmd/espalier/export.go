package main

import (
	"context"
	"errors"
	"fmt"
)

type exportCmd struct {
	trainedFlags
	screenFlags
	Arch string `required:"" placeholder:"TEXT" help:"Architecture in text form, or min, max or random."`
	Out  string `required:"" placeholder:"FILE" help:"Network file to write."`
}

// Run writes one architecture with calibrated statistics.
func (c exportCmd) Run(ctx context.Context, s streams) error {
	r, err := c.trainedFlags.open(c.screenFlags, s)
	if err != nil {
		return err
	}
	a, err := r.Arch(c.Arch)
	if err != nil {
		return errors.Join(err, r.Close())
	}
	n, err := r.Deploy(ctx, a)
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}
	if err := n.Save(c.Out); err != nil {
		return err
	}
	p := n.Plan()
	_, err = fmt.Fprintf(s.out, "%s: %s, %d parameters, %.2f MFLOPs\n", c.Out, n.Label().Arch, p.Params(), float64(p.FLOPs())/1e6)
	return err
}
