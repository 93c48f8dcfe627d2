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
	"time"

	"github.com/espalier-nas/espalier/bench"
)

// comparison is what layers and nets do alike: they measure a plan into a file
// of samples and report on that file.
type comparison struct {
	name   string // of the subcommand and of its files
	o      *options
	plan   plan
	report func(b *bytes.Buffer, about []byte, all []result) error
}

// quiet is the fraction of the cores' time that other programs may take.
const quiet = 0.05

func (c comparison) file(end string) string { return filepath.Join(c.o.out, c.name+end) }

// run measures, unless the flags say not to, and writes the report to its file
// and to w.
func (c comparison) run(ctx context.Context, w io.Writer) error {
	if !c.o.again {
		if err := c.measure(ctx); err != nil {
			return err
		}
	}
	f, err := os.Open(c.file("-samples.csv"))
	if err != nil {
		return err
	}
	defer f.Close()
	samples, err := readSamples(f, f.Name())
	if err != nil {
		return err
	}
	about, err := os.ReadFile(c.file("-about.txt"))
	if err != nil {
		return err
	}
	arms := words(c.o.arms)
	threads, err := c.o.threadList()
	if err != nil {
		return err
	}
	samples = slices.DeleteFunc(samples, func(s sample) bool {
		return !slices.Contains(arms, s.arm) || !slices.Contains(threads, s.threads)
	})
	var b bytes.Buffer
	if err := c.report(&b, about, results(samples, c.o.by)); err != nil {
		return err
	}
	if err := os.WriteFile(c.file(".md"), b.Bytes(), 0o666); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// measure runs the plan with every arm and every number of threads. It writes
// the samples as they come and what they were taken on at the end.
func (c comparison) measure(ctx context.Context) (err error) {
	if err := os.MkdirAll(c.o.out, 0o777); err != nil {
		return err
	}
	f, err := os.Create(c.file("-samples.csv"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w, err := newSampleWriter(f)
	if err != nil {
		return err
	}
	start := time.Now()
	before, err := readCoreTime()
	if err != nil {
		return err
	}
	arms, err := startArms(ctx, c.o)
	if err != nil {
		return err
	}
	if err := c.plan.run(arms, w.write, os.Stderr); err != nil {
		if ctx.Err() != nil { // it took the arms with it
			return fmt.Errorf("interrupted; what was measured is in %s", f.Name())
		}
		return err
	}
	var own time.Duration
	for _, a := range arms {
		used, err := a.close()
		if err != nil {
			return err
		}
		own += used
	}
	after, err := readCoreTime()
	if err != nil {
		return err
	}
	share := others(before, after, own, time.Since(start), runtime.NumCPU())
	return os.WriteFile(c.file("-about.txt"), about(c.o, arms, share), 0o666)
}

// startArms starts every arm once for each number of threads.
func startArms(ctx context.Context, o *options) ([]*arm, error) {
	threads, err := o.threadList()
	if err != nil {
		return nil, err
	}
	var arms []*arm
	for _, n := range threads {
		for _, name := range words(o.arms) {
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

// about describes machine, measurement and arms; others is the fraction of the
// cores' time that went to other programs.
func about(o *options, arms []*arm, others float64) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s, %d cores; %s of %d ms per arm. ", bench.Processor(), runtime.NumCPU(), plural(o.rounds, "round"), o.ms)
	fmt.Fprintf(&b, "Other programs took %.0f %% of the cores' time", 100*others)
	if others > quiet {
		b.WriteString(": **the machine was busy, and figures with more than one thread mean little**")
	}
	b.WriteString(".\n\n")
	var seen []string
	for _, a := range arms {
		if !slices.Contains(seen, a.name) {
			seen = append(seen, a.name)
			fmt.Fprintf(&b, "- %s: %s\n", a.name, a.about)
		}
	}
	return b.Bytes()
}
