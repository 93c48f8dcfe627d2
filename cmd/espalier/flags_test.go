package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// flagKit is a folder with what command lines need to be begun.
type flagKit struct {
	shell
	values map[string]string // of flags, by name
	made   int               // names of files that are to be written
}

func newFlagKit(t *testing.T) *flagKit {
	s := newShell(t)
	squares(t, s.path("pictures"), 20, "cat", "dog")
	if err := os.Mkdir(s.path("named"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range 40 { // the same, whose names tell the class
		class := []string{"cat", "dog"}[i%2]
		if err := os.Link(s.path("pictures", class, fmt.Sprintf("%d.png", i/2)), s.path("named", fmt.Sprintf("%s%d.png", class, i))); err != nil {
			t.Fatal(err)
		}
	}
	const chain = "chain: {name: few, stem: 8, layers: 3, ops: [conv3x3, sep3x3, identity], widths: [8], downsample: [1, 2]}\n"
	const settings = "space:\n  " + chain + "train: {batch: 8}\nevaluate: {calibration: 8, batch: 8}\ndevice: {samples: 10}\n"
	networks, latencies := "idx,ops,score,one,two,flops\n", "idx,three\n"
	for i := range 24 {
		networks += fmt.Sprintf("%d,%d%d%d123,%d,%d,%d,%d\n", i, i%4, i/4%4, i/16, i, 1+i, 2+i%7, 100+i)
		latencies += fmt.Sprintf("%d,%d\n", i, 3+i%5)
	}
	for name, text := range map[string]string{"few.yaml": settings, "space.yaml": chain, "table.csv": networks, "latencies.csv": latencies, "archs.txt": "max\n", "latency.json": "{}"} {
		if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	k := &flagKit{shell: s}
	k.values = map[string]string{
		"arch": "max", "background": "#000000", "batch": "4", "budget": "1m", "cache": "1M", "channels": "3", "choose": "chosen", "classes": "10", "column": "score", "config": s.path("few.yaml"), "count": "2",
		"data": s.path("pictures"), "epochs": "1", "evaluations": "3", "file": s.path("archs.txt"), "fit": "pad", "group": `\d`, "interpreted": "1", "kernel": "go", "label-pattern": "(cat|dog)", "labels": "fine",
		"latencies": s.path("latencies.csv"), "lr": "0.1", "max-energy": "3mJ", "max-flops": "20M", "max-latency": "1s", "max-latency-on": s.path("latency.json") + "=1s", "max-memory": "1G", "max-params": "1M", "max-size": "1M",
		"models": "ridge", "network": "alone", "networks": "2", "objectives": "reward,flops", "passes": "forward", "pictures": "8", "pool": "0-15", "prior": s.path("alone"), "probe": "true", "query": "0-23", "rival": "auto",
		"run": s.path("shared"), "sampler": "fair", "samples": "10", "score": "supernet", "seed": "2", "seeds": "1", "size": "8", "sources": "one", "space": s.path("space.yaml"), "steps": "2", "strategies": "random", "strategy": "random",
		"sweep": "1", "table": s.path("table.csv"), "target": "score", "targets": "two", "top": "1", "trials": "40", "trim": "0.1", "workers": "1", "resume": s.path("shared"),
	}
	s.must("train", "-c", s.path("few.yaml"), "--data", s.path("pictures"), "-q", "--steps", "1", "--out", s.path("shared"))
	s.must("train", "-c", s.path("few.yaml"), "--data", s.path("pictures"), "-q", "--steps", "1", "--arch", "max", "--out", s.path("alone"))
	return k
}

// fresh returns the name of a file or folder that is not there.
func (k *flagKit) fresh(ending string) string {
	k.made++
	return k.path(fmt.Sprintf("%d%s", k.made, ending))
}

// needs returns the arguments that a flag of a command belongs beside; nil if those of base do.
func (k *flagKit) needs(command, flag string) []string {
	network := k.path("alone", "networks", "alone.msgpack")
	set := []string{"--config=" + k.values["config"], "--data=" + k.values["data"]}
	switch command + " " + flag {
	case "search resume", "train resume":
		return []string{}
	case "search epochs", "search budget", "search steps", "train epochs", "train budget", "train steps", "train sampler":
		return append(set, "--out="+k.fresh(""))
	case "fidelity steps", "tabular steps":
		return k.base(command)
	case "eval label-pattern":
		return []string{network, "--data=" + k.path("named")}
	case "eval data", "eval labels", "eval skip-bad":
		return []string{network, "--data=" + k.values["data"]}
	case "eval network":
		return []string{"--run=" + k.path("alone")}
	case "fidelity run", "fidelity json", "fidelity svg":
		return []string{"--run=" + k.values["run"], "--count=2", "--truth=" + k.fresh(".csv")}
	case "inspect npy":
		return k.base(command)
	case "bench network":
		return []string{}
	case "bench batch":
		return []string{"--network=" + network}
	case "spaces space":
		return set
	}
	switch flag {
	case "label-pattern":
		return append(k.base(command), "--data="+k.path("named"))
	case "labels", "prior":
		return k.base(command)
	}
	return nil
}

// base returns arguments of a command that make a line without any other flag.
func (k *flagKit) base(command string) []string {
	network := k.path("alone", "networks", "alone.msgpack")
	set := []string{"--config=" + k.values["config"], "--data=" + k.values["data"]}
	switch command {
	case "search", "train":
		return append(set, "--steps=1", "--out="+k.fresh(""))
	case "eval":
		return []string{"--run=" + k.values["run"], "--arch=max"}
	case "fidelity":
		return append(set, "--count=2", "--truth="+k.fresh(".csv"))
	case "tabular":
		return append(set, "--out="+k.fresh(".csv"))
	case "compare":
		return []string{"--table=" + k.values["table"], "--column=score", "--evaluations=3", "--seeds=2", "--strategies=random", "--space=nb201"}
	case "measure":
		return append(set, "--out="+k.fresh(".json"))
	case "predictor accuracy":
		return []string{"--table=" + k.values["table"], "--samples=10", "--models=ridge", "--seeds=1", "--space=nb201"}
	case "predictor latency":
		return []string{"--table=" + k.values["table"], "--targets=two", "--samples=10", "--seeds=1", "--choose=chosen", "--space=nb201"}
	case "export":
		return []string{"--run=" + k.values["run"], "--arch=max", "--out=" + k.fresh(".msgpack")}
	case "verify":
		return []string{k.values["run"], "--count=1", "--pictures=8", "--interpreted=1"}
	case "diff":
		return []string{network, network}
	case "classify":
		return []string{network, k.path("pictures", "cat", "0.png")}
	case "inspect":
		return []string{network}
	case "draw":
		return append(set, "max")
	case "spaces":
		return append(set, k.path("space.yaml"))
	}
	return nil
}

// with returns a line with a flag more, of which the last value counts.
func (k *flagKit) with(line []string, command string, f *kong.Flag) []string {
	if f.IsBool() {
		return append(line, "--"+f.Name)
	}
	value, known := k.values[f.Name]
	switch command + " " + f.Name {
	case "bench network":
		value = k.path("alone", "networks", "alone.msgpack")
	case "bench classes":
		value = "pointwise"
	case "search table":
		value = k.path("latency.json")
	case "compare seeds":
		value = "2"
	}
	switch f.Name {
	case "out", "json", "svg", "truth", "onnx", "npy", "csv":
		value, known = k.fresh(map[string]string{"draw": ".svg", "fidelity": ".csv"}[command]), true
	case "space":
		if command == "compare" || strings.HasPrefix(command, "predictor") {
			value = "nb201"
		}
	}
	if !known {
		k.t.Errorf("%s --%s: the test has no value for it", command, f.Name)
	}
	return append(line, "--"+f.Name+"="+value)
}

// aboutValues are errors of what flags are given here, by which these were accepted.
var aboutValues = map[string]string{"labels": "only CIFAR-100 has two", "prior": "no trials"}

// Whatever flags the help of a command lists are accepted there, with values that they can have and beside what they
// belong to: nothing begins, as all are interrupted before, or it comes to its end.
func TestFlagsOfHelpAreAccepted(t *testing.T) {
	app, err := kong.New(new(grammar), helpVars(), kong.Name("espalier"))
	if err != nil {
		t.Fatal(err)
	}
	k, n := newFlagKit(t), 0
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	accepted := func(line []string, about string) {
		code, _, text := k.run(stopped, line...)
		if code != 0 && code != exitInterrupted && (about == "" || !strings.Contains(text, about)) {
			t.Errorf("%q: exit code %d: %s", line, code, text)
		}
	}
	for _, node := range app.Model.Leaves(true) {
		command := strings.TrimPrefix(node.FullPath(), "espalier ")
		words := strings.Fields(command)
		all := slices.Concat(words, k.base(command))
		var off []string
		for _, f := range node.Flags {
			if n++; f.Tag.Negatable != "" {
				off = append(off, "--no-"+f.Name)
			}
			if beside := k.needs(command, f.Name); beside != nil {
				accepted(k.with(slices.Concat(words, beside), command, f), aboutValues[f.Name])
			} else {
				all = k.with(all, command, f)
			}
		}
		accepted(all, "")
		if off != nil {
			accepted(slices.Concat(words, k.base(command), off), "")
		}
	}
	if n < 150 {
		t.Errorf("only %d flags", n)
	}
}
