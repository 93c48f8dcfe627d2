package main

import (
	"fmt"
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
	vars := kong.Vars{"kernels": oneOf(config.Kernels()) + ", each a set of instructions; direct: the best without Winograd's algorithm", "samplers": oneOf(config.Samplers()), "strategies": oneOf(controller.Strategies()), "objectives": oneOf(controller.Objectives()), "fits": oneOf(data.Fits()), "labels": oneOf(data.LabelKinds())}
	d := config.Default()
	for name, value := range map[string]any{
		"fit": d.Data.Fit, "background": d.Data.Background, "labels": data.LabelKinds()[0], "space": families.Presets()[0],
		"budget": d.Budget, "sampler": d.Train.Sampler, "batch": d.Train.Batch, "lr": d.Train.LR, "seed": d.Seed,
		"strategy": d.Search.Strategy, "score": d.Search.Score, "trials": d.Search.Trials, "sweep": d.Search.Sweep, "top": d.Search.Top,
		"networks": d.Finish.Networks, "seeds": d.Search.Seeds, "samples": d.Device.Samples,
		"truth_count": search.DefaultTruthCount, "truth_seeds": search.DefaultTruthSeeds, "truth_epochs": search.DefaultTruthEpochs, "table_seeds": search.DefaultTableSeeds,
	} {
		vars["default_"+name] = fmt.Sprint(value)
	}
	return vars
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
