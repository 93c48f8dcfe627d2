package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/espalier-nas/espalier/bench/external"
	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/supernet/space"
)

type measureCmd struct {
	settingFlags
	probeFlag
	screenFlags
	Arch    []string `sep:"none" placeholder:"TEXT" help:"Also measure this architecture, in text form, or min or max; may be repeated."`
	Samples *int     `placeholder:"N" help:"Random networks to measure, by which sums of layers are corrected and checked (default: ${default_samples})."`
	Out     string   `placeholder:"FILE" help:"File to write, or to complete if it exists: latencies (default: latency.json) or, with --probe, a csv table of networks (default: probes.csv) with the latencies of this machine beside it, in FILE without its ending and .latency.json."`
	CSV     string   `name:"csv" placeholder:"FILE" help:"Also write the random networks as a csv table that predictor latency reads, with their milliseconds per image on this machine in a column that is called as the file."`
}

// Run measures layers and networks of a space on this machine and, with a probe,
// networks on another runtime.
func (c measureCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	set(&cfg.Device.Samples, c.Samples)
	c.probeFlag.apply(&cfg)
	if err := c.ready(&cfg); err != nil {
		return err
	}
	f, err := search.OpenFamily(cfg)
	if err != nil {
		return err
	}
	archs, err := c.named(f)
	if err != nil {
		return err
	}
	own, table := c.files(cfg)
	if c.CSV != "" && (filepath.Clean(c.CSV) == filepath.Clean(own) || filepath.Clean(c.CSV) == filepath.Clean(table)) {
		return fmt.Errorf("--csv is %s, which is written to already; want another file", c.CSV)
	}
	l, err := openLatencies(ctx, cfg, f, own)
	if err != nil {
		return err
	}
	defer l.Close()
	var probes *latency.Probes
	if table != "" {
		runtime, err := external.New(cfg.Device.Probe, cfg.Device.Batch)
		if err != nil {
			return err
		}
		if probes, err = latency.OpenProbes(table, runtime, l); err != nil {
			return err
		}
	}
	if err := c.measure(ctx, s, cfg, l, probes); err != nil {
		return goesOn(err, own)
	}
	fmt.Fprintf(s.out, "%s: %s, %d layers, %d networks\n", own, l.Device(), l.Layers(), l.Networks())
	fmt.Fprintf(s.out, "held out: %s; %s\n", l.Report, l.Reliance)
	if c.CSV != "" {
		if err := l.WriteCSV(c.CSV); err != nil {
			return err
		}
	}
	if probes != nil {
		fmt.Fprintf(s.out, "%s: %s, %d networks\n", table, probes.Name(), probes.Networks())
		fmt.Fprintf(s.out, "left out: %s; %s\n", probes.Report, probes.Reliance())
		if probes.Energy != nil {
			fmt.Fprintf(s.out, "energy, left out: %s\n", probes.Energy)
		}
	}
	return showArchs(ctx, s, archs, f, l)
}

// named returns the architectures that --arch names.
func (c measureCmd) named(f space.Family) ([]space.Arch, error) {
	archs := make([]space.Arch, len(c.Arch))
	for i, text := range c.Arch {
		var err error
		if archs[i], err = search.NamedArch(f, text); err != nil {
			return nil, fmt.Errorf("--arch: %w", err)
		}
	}
	return archs, nil
}

// files returns where this machine's latencies and, with a probe, the table of networks go.
func (c measureCmd) files(cfg config.Config) (own, table string) {
	switch {
	case cfg.Device.Probe != "" && c.Out == "":
		table = "probes.csv"
	case cfg.Device.Probe != "":
		table = c.Out
	case c.Out == "":
		return "latency.json", ""
	default:
		return c.Out, ""
	}
	return strings.TrimSuffix(table, filepath.Ext(table)) + ".latency.json", table
}

// openLatencies opens this machine's latencies, from the file if it exists.
func openLatencies(ctx context.Context, cfg config.Config, f space.Family, file string) (*latency.Model, error) {
	workers := cfg.Device.Workers
	if workers == 0 {
		workers = cfg.Workers
	}
	o := latency.Options{Kernel: string(cfg.Kernel), Workers: workers, Batch: cfg.Device.Batch, To: file}
	if _, err := os.Stat(file); err == nil {
		o.From = file
	}
	return latency.Open(ctx, f, o)
}

// measure measures layers and networks on this machine, then networks on a probe.
func (c measureCmd) measure(ctx context.Context, s streams, cfg config.Config, l *latency.Model, probes *latency.Probes) error {
	screen, _, err := c.screenFlags.open(s.err, nil)
	if err != nil {
		return err
	}
	screen.Events.Begin("measure")
	defer screen.Events.End()
	p := latency.Probing{Samples: cfg.Device.Samples, Seed: cfg.Seed, Holdout: cfg.Predictor.Holdout, Again: true}
	if err := l.Measure(ctx, p, search.Progress(screen.Events)); err != nil || probes == nil {
		return err
	}
	return probes.Learn(ctx, cfg.Device.Samples, cfg.Seed, search.Progress(screen.Events))
}

// showArchs measures the architectures that were asked for, beside their predictions.
func showArchs(ctx context.Context, s streams, archs []space.Arch, f space.Family, l *latency.Model) error {
	for _, a := range archs {
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
