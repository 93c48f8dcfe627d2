package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// helpVars are what help says of flags that take one of several names, and of the defaults
// that a configuration has.
func helpVars() kong.Vars {
	vars := kong.Vars{"samplers": oneOf(config.Samplers()), "strategies": oneOf(controller.Strategies()), "objectives": oneOf(controller.Objectives()), "fits": oneOf(data.Fits()), "labels": oneOf(data.LabelKinds())}
	d := config.Default()
	for name, value := range map[string]any{
		"fit": d.Data.Fit, "background": d.Data.Background, "labels": data.LabelKinds()[0], "space": families.Presets()[0],
		"budget": d.Budget, "sampler": d.Train.Sampler, "batch": d.Train.Batch, "lr": d.Train.LR, "seed": d.Seed,
		"strategy": d.Search.Strategy, "score": d.Search.Score, "trials": d.Search.Trials, "sweep": d.Search.Sweep, "top": d.Search.Top,
		"networks": d.Finish.Networks, "seeds": d.Search.Seeds, "samples": d.Device.Samples,
		"truth_count": search.DefaultTruthCount, "truth_seeds": search.DefaultTruthSeeds, "table_seeds": search.DefaultTableSeeds,
	} {
		vars["default_"+name] = fmt.Sprint(value)
	}
	return vars
}

// untrainedFlags say how something is trained.
var untrainedFlags = []string{"budget", "sampler", "epochs", "steps", "batch", "lr", "balance"}

// undrawnFlags change nothing where nothing is computed.
var undrawnFlags = append([]string{"seed", "workers", "kernel"}, untrainedFlags...)

// refusedFlags are the flags of the configuration that commands refuse, as nothing that they do goes by them.
var refusedFlags = map[string][]string{
	"spaces": undrawnFlags, "draw": undrawnFlags, "measure": untrainedFlags,
	"fidelity": {"budget", "sampler"}, "tabular": {"budget", "sampler"},
}

// fitHelp has the help of each command list the flags that it takes, and say what they are there.
func fitHelp(app *kong.Application) {
	alone := map[string]string{
		"epochs": fmt.Sprintf("Passes over the training split in each training (default: %d).", search.DefaultTruthEpochs),
		"steps":  "Optimiser steps of each training, instead of epochs.",
	}
	for _, c := range app.Children {
		for _, f := range c.Flags {
			f.Hidden = f.Hidden || slices.Contains(refusedFlags[c.Name], f.Name)
			if help, known := alone[f.Name]; known && (c.Name == "fidelity" || c.Name == "tabular") {
				f.Help = help
			}
		}
	}
}

// withDefault returns what help says of a flag, with the default that its tag gives.
func withDefault(v *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(v)
	if !v.HasDefault {
		return help
	}
	return fmt.Sprintf("%s (default: %s).", strings.TrimSuffix(help, "."), v.Default)
}

// oneOf returns names as help lists them: "a, b or c".
func oneOf(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
