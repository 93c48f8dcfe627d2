package main

import (
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

// options are the flags of layers and report.
type options struct {
	build, out    string // folders
	table         string // of layers; empty for the built-in one
	arms, classes string // comma-separated
	passes        string
	threads       string
	layers        string // a regular expression
	rounds, ms    int
	quick         bool
}

func (o *options) register(f *flag.FlagSet) {
	f.StringVar(&o.build, "build", "bench/peers/build", "`folder` of the peers' programs")
	f.StringVar(&o.out, "out", "bench/peers/results", "`folder` for samples and report")
	f.StringVar(&o.table, "table", "", "CSV `file` of layers instead of bench/layers.csv")
	f.StringVar(&o.arms, "arms", strings.Join(armNames, ","), "which arms to run")
	f.StringVar(&o.classes, "classes", "", "only these classes of layers")
	f.StringVar(&o.layers, "layers", "", "only layers whose name matches this `expression`")
	f.StringVar(&o.passes, "passes", "forward,backward-data,backward-weights", "which passes to run")
	f.StringVar(&o.threads, "threads", "1,2", "numbers of threads")
	f.IntVar(&o.rounds, "rounds", 7, "rounds in which the arms take turns")
	f.IntVar(&o.ms, "ms", 40, "milliseconds per arm and round")
	f.BoolVar(&o.quick, "quick", false, "3 rounds of 15 milliseconds")
}

// parseOptions reads flags.
func parseOptions(name string, args []string) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	o.register(f)
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("%s: unexpected argument %q", name, f.Arg(0))
	}
	if o.quick {
		o.rounds, o.ms = 3, 15
	}
	if o.rounds < 1 || o.ms < 1 {
		return nil, fmt.Errorf("%s: -rounds and -ms must be positive", name)
	}
	return o, nil
}

// selected returns the layers that the flags leave.
func (o *options) selected() ([]bench.Layer, error) {
	layers, err := o.all()
	if err != nil {
		return nil, err
	}
	match, err := regexp.Compile(o.layers)
	if err != nil {
		return nil, fmt.Errorf("-layers: %w", err)
	}
	classes := words(o.classes)
	for _, c := range classes {
		if !slices.ContainsFunc(layers, func(l bench.Layer) bool { return l.Class == c }) {
			return nil, fmt.Errorf("-classes: no layer of class %q", c)
		}
	}
	layers = slices.DeleteFunc(layers, func(l bench.Layer) bool {
		return !match.MatchString(l.Name) || (len(classes) > 0 && !slices.Contains(classes, l.Class))
	})
	if len(layers) == 0 {
		return nil, fmt.Errorf("-classes and -layers leave no layer")
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

func (o *options) passList() ([]pass, error) {
	var list []pass
	for _, w := range words(o.passes) {
		if !slices.Contains(passes, pass(w)) {
			return nil, fmt.Errorf("-passes: %q is none of %v", w, passes)
		}
		list = append(list, pass(w))
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("-passes: empty")
	}
	return list, nil
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
		return nil, fmt.Errorf("-threads: empty")
	}
	return list, nil
}

// armNames lists all arms, ours first.
var armNames = []string{ours, "onednn", "onednn-nhwc", "pytorch", "onnxruntime"}

// command returns the program of an arm, without the number of threads.
func (o *options) command(arm string) ([]string, error) {
	switch arm {
	case ours:
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("arm %s: %w", arm, err)
		}
		return []string{self, "serve"}, nil
	case "onednn":
		return []string{filepath.Join(o.build, "onednn"), "blocked"}, nil
	case "onednn-nhwc":
		return []string{filepath.Join(o.build, "onednn"), "nhwc"}, nil
	case "pytorch":
		return []string{"/usr/bin/python3", filepath.Join(o.build, "pytorch.py")}, nil
	case "onnxruntime":
		return []string{filepath.Join(o.build, "ort"), filepath.Join(o.build, "libonnxruntime.so.1")}, nil
	}
	return nil, fmt.Errorf("-arms: %q is none of %s", arm, strings.Join(armNames, ", "))
}

// words splits a comma-separated list.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
