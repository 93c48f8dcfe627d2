package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/espalier-nas/espalier/bench"
)

// Files of the folder of results.
const (
	samplesFile = "layers-samples.csv"
	ratiosFile  = "layers-ratios.csv"
	aboutFile   = "layers-about.txt"
	reportFile  = "layers.md"
)

// runLayers measures the layers that the flags select and writes the report.
func runLayers(ctx context.Context, args []string) error {
	o, err := parseOptions("peers layers", args)
	if err != nil {
		return err
	}
	p := plan{rounds: o.rounds, ms: o.ms}
	if p.layers, err = o.selected(); err != nil {
		return err
	}
	if p.passes, err = o.passList(); err != nil {
		return err
	}
	arms, err := startArms(ctx, o)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.out, 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.out, aboutFile), about(o, arms), 0o666); err != nil {
		return err
	}
	if err := measureInto(filepath.Join(o.out, samplesFile), p, arms); err != nil {
		return err
	}
	for _, a := range arms {
		if err := a.close(); err != nil {
			return err
		}
	}
	return report(o, os.Stdout)
}

// startArms starts every arm once for each number of threads.
func startArms(ctx context.Context, o *options) ([]*arm, error) {
	threads, err := o.threadList()
	if err != nil {
		return nil, err
	}
	names := words(o.arms)
	if !slices.Contains(names, ours) {
		return nil, fmt.Errorf("-arms: must contain %s", ours)
	}
	var arms []*arm
	for _, n := range threads {
		for _, name := range names {
			argv, err := o.command(name)
			if err != nil {
				return nil, err
			}
			a, err := startArm(ctx, name, n, argv)
			if err != nil {
				return nil, err
			}
			arms = append(arms, a)
		}
	}
	return arms, nil
}

// about describes machine, arms and measurement, as the report will.
func about(o *options, arms []*arm) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s, %d cores; %s of %d ms per arm.\n\n", bench.Processor(), runtime.NumCPU(), plural(o.rounds, "round"), o.ms)
	var seen []string
	for _, a := range arms {
		if !slices.Contains(seen, a.name) {
			seen = append(seen, a.name)
			fmt.Fprintf(&b, "- %s: %s\n", a.name, a.about)
		}
	}
	return b.Bytes()
}

func measureInto(file string, p plan, arms []*arm) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w, err := newSampleWriter(f)
	if err != nil {
		return err
	}
	return p.run(arms, w.write, os.Stderr)
}

// runReport writes the report of the samples in the folder of results anew.
func runReport(args []string) error {
	o, err := parseOptions("peers report", args)
	if err != nil {
		return err
	}
	return report(o, os.Stdout)
}

// report reads the samples of the folder of results, writes report and ratios
// beside them, and the report to w too.
func report(o *options, w io.Writer) error {
	layers, err := o.selected()
	if err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(o.out, samplesFile))
	if err != nil {
		return err
	}
	defer f.Close()
	samples, err := readSamples(f, f.Name())
	if err != nil {
		return err
	}
	head, err := os.ReadFile(filepath.Join(o.out, aboutFile))
	if err != nil {
		return err
	}
	all := results(layers, keepArms(samples, words(o.arms)))
	var text, ratios bytes.Buffer
	writeReport(&text, head, all)
	if err := writeRatios(&ratios, all); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.out, ratiosFile), ratios.Bytes(), 0o666); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.out, reportFile), text.Bytes(), 0o666); err != nil {
		return err
	}
	_, err = w.Write(text.Bytes())
	return err
}

// keepArms returns the samples of the named arms.
func keepArms(samples []sample, names []string) []sample {
	return slices.DeleteFunc(samples, func(s sample) bool { return !slices.Contains(names, s.arm) })
}
