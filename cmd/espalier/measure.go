package main

import (
	"context"
	"fmt"
	"os"

	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/supernet/space"
)

type measureCmd struct {
	configFlags
	screenFlags
	Arch    []string `sep:"none" placeholder:"TEXT" help:"Also measure this architecture, in text form, or min or max; may be repeated."`
	Samples *int     `placeholder:"N" help:"Random networks to measure, for the correction of layer sums and its error (default: ${default_samples})."`
	Out     string   `default:"latency.json" placeholder:"FILE" help:"Latency file to write, or to complete if it exists."`
}

// Run measures layers and networks of a space on this machine.
func (c measureCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.configFlags.load()
	if err != nil {
		return err
	}
	set(&cfg.Device.Samples, c.Samples)
	if err := cfg.Ready(); err != nil {
		return err
	}
	f, err := search.OpenFamily(cfg)
	if err != nil {
		return err
	}
	workers := cfg.Device.Workers
	if workers == 0 {
		workers = cfg.Workers
	}
	o := search.LatencyOptions{Kernel: cfg.Kernel, Workers: workers, Batch: cfg.Device.Batch, To: c.Out}
	if _, err := os.Stat(c.Out); err == nil {
		o.From = c.Out
	}
	l, err := search.OpenLatencies(ctx, f, o)
	if err != nil {
		return err
	}
	defer l.Close()
	screen, _, err := c.screenFlags.open(s.err, nil)
	if err != nil {
		return err
	}
	screen.Events.Begin("measure")
	p := search.Probing{Samples: cfg.Device.Samples, Seed: cfg.Seed, Holdout: cfg.Predictor.Holdout, Again: true}
	err = l.Measure(ctx, p, screen.Events)
	screen.Events.End()
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: %s, %d layers, %d networks\n", c.Out, l.Device(), l.Layers(), l.Networks())
	fmt.Fprintf(s.out, "held out: %s\n", l.Report)
	return c.archs(ctx, s, f, l)
}

// archs measures the architectures that were asked for, beside their
// predictions.
func (c measureCmd) archs(ctx context.Context, s streams, f space.Family, l *search.Latencies) error {
	for _, text := range c.Arch {
		a, err := search.NamedArch(f, text)
		if err != nil {
			return err
		}
		cost, err := l.Cost(a)
		if err != nil {
			return err
		}
		t, err := l.Time(ctx, a)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "measured %.4g ms (quartiles %.4g to %.4g) per pass, predicted %.4g ms per image: %s\n",
			1e3*t.Median, 1e3*t.Low, 1e3*t.High, 1e3*cost.Latency, f.Space().Format(a))
	}
	return nil
}
