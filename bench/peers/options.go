package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/espalier-nas/espalier/bench"
)

// options are the flags of layers and nets.
type options struct {
	build, out string // folders
	arms       string // comma-separated
	passes     string
	threads    string
	match      string // a regular expression that names must match
	rounds, ms int
	quick      bool
	by         string // which time of a round counts: median or best
	again      bool   // report on what was measured before

	table, classes string // of layers
}

// parseOptions reads the flags of a subcommand. Defaults are taken from d, whose
// passes are all that there are.
func parseOptions(name string, args []string, d options) (*options, error) {
	o := &d
	f := flag.NewFlagSet("peers "+name, flag.ContinueOnError)
	f.StringVar(&o.build, "build", "bench/peers/build", "`folder` of the peers' programs")
	f.StringVar(&o.out, "out", "bench/peers/results", "`folder` for samples and report")
	f.StringVar(&o.arms, "arms", d.arms, "which arms to run")
	f.StringVar(&o.passes, "passes", d.passes, "which passes to run")
	f.StringVar(&o.threads, "threads", "1,2", "numbers of threads")
	f.StringVar(&o.match, "only", "", "only those whose name matches this `expression`")
	f.IntVar(&o.rounds, "rounds", d.rounds, "rounds in which the arms take turns")
	f.IntVar(&o.ms, "ms", d.ms, "milliseconds per arm and round")
	f.BoolVar(&o.quick, "quick", false, "3 rounds of a third of the time")
	f.StringVar(&o.by, "by", "median", "which time of a round counts: median, or best, which a busy machine disturbs less")
	f.BoolVar(&o.again, "report", false, "measure nothing, report on the samples in -out")
	if name == "layers" {
		f.StringVar(&o.table, "table", "", "CSV `file` of layers instead of bench/layers.csv")
		f.StringVar(&o.classes, "classes", "", "only these classes of layers")
	}
	known := words(d.passes)
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("peers %s: unexpected argument %q", name, f.Arg(0))
	}
	if o.quick {
		o.rounds, o.ms = min(o.rounds, 3), max(1, o.ms/3)
	}
	if o.rounds < 1 || o.ms < 1 {
		return nil, fmt.Errorf("peers %s: -rounds and -ms must be positive", name)
	}
	if o.by != "median" && o.by != "best" {
		return nil, fmt.Errorf("-by: %q is neither median nor best", o.by)
	}
	for _, p := range words(o.passes) {
		if !slices.Contains(known, p) {
			return nil, fmt.Errorf("-passes: %q is none of %s", p, d.passes)
		}
	}
	if !slices.Contains(words(o.arms), ours) {
		return nil, fmt.Errorf("-arms: must contain %s", ours)
	}
	return o, nil
}

// keeper returns a function that tells whether a name matches -only.
func (o *options) keeper() (func(name string) bool, error) {
	match, err := regexp.Compile(o.match)
	if err != nil {
		return nil, fmt.Errorf("-only: %w", err)
	}
	return match.MatchString, nil
}

// selected returns the layers that the flags leave.
func (o *options) selected() ([]bench.Layer, error) {
	layers, err := o.all()
	if err != nil {
		return nil, err
	}
	keep, err := o.keeper()
	if err != nil {
		return nil, err
	}
	classes := words(o.classes)
	for _, c := range classes {
		if !slices.ContainsFunc(layers, func(l bench.Layer) bool { return l.Class == c }) {
			return nil, fmt.Errorf("-classes: no layer of class %q", c)
		}
	}
	layers = slices.DeleteFunc(layers, func(l bench.Layer) bool {
		return !keep(l.Name) || (len(classes) > 0 && !slices.Contains(classes, l.Class))
	})
	if len(layers) == 0 {
		return nil, errors.New("-classes and -only leave no layer")
	}
	return layers, nil
}

// all returns the whole table.
func (o *options) all() ([]bench.Layer, error) {
	if o.table == "" {
		return bench.Layers()
	}
	f, err := os.Open(o.table)
	if err != nil {
		return nil, fmt.Errorf("-table: %w", err)
	}
	defer f.Close()
	layers, err := bench.ReadLayers(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.table, err)
	}
	return layers, nil
}

func (o *options) threadList() ([]int, error) {
	var list []int
	for _, w := range words(o.threads) {
		n, err := strconv.Atoi(w)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-threads: %q is not a positive number", w)
		}
		list = append(list, n)
	}
	if len(list) == 0 {
		return nil, errors.New("-threads: empty")
	}
	return list, nil
}

// Names of the arms that compare layers and networks, ours first.
const (
	layerArms = ours + ",onednn,onednn-nhwc,pytorch,onnxruntime"
	netArms   = ours + ",pytorch,onnxruntime"
)

// command returns the program of an arm, without the number of threads.
func (o *options) command(arm string) ([]string, error) {
	in := func(name string) string { return filepath.Join(o.build, name) }
	switch arm {
	case ours:
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("arm %s: %w", arm, err)
		}
		return []string{self, "serve"}, nil
	case "onednn":
		return []string{in("onednn"), "blocked"}, nil
	case "onednn-nhwc":
		return []string{in("onednn"), "nhwc"}, nil
	case "pytorch":
		return []string{"/usr/bin/python3", in("pytorch.py")}, nil
	case "onnxruntime":
		return []string{in("ort"), in("libonnxruntime.so.1"), in("models")}, nil
	}
	return nil, fmt.Errorf("-arms: %q is none of %s", arm, layerArms)
}

// words splits a comma-separated list.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
