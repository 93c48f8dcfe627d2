package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/search/truth"
	"github.com/espalier-nas/espalier/supernet/checkpoint"
	"github.com/espalier-nas/espalier/supernet/onnx"
)

// weightsMagic begins every weights file; see docs/checkpoint.md.
const weightsMagic = "ESPALIER"

type inspectCmd struct {
	File    string `arg:"" type:"path" help:"Run folder, supernet, network, ONNX model, trials, rungs, report, latency or configuration file, or results of training alone."`
	Tensors bool   `help:"List the tensors of a weights file, or the layers of an ONNX model."`
	NPY     string `name:"npy" placeholder:"DIR" help:"Folder to write each tensor of a weights file to, as a NumPy array."`
}

// Run shows what a file holds; the content tells what it is.
func (c inspectCmd) Run(s streams) error {
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	if info.IsDir() && (c.NPY != "" || c.Tensors) {
		return fmt.Errorf("%s: %s: want a weights file, such as %s", c.File, c.given(), filepath.Join(c.File, rundir.Supernet))
	}
	if info.IsDir() {
		return inspectFolder(s.out, rundir.View(c.File))
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	f.Close()
	if err != nil && n == 0 {
		return fmt.Errorf("%s: nothing to inspect: %w", c.File, err)
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte(weightsMagic)):
		if err := inspectWeights(s.out, c.File, c.Tensors); err != nil || c.NPY == "" {
			return err
		}
		return writeNPYs(c.NPY, c.File)
	case c.NPY != "":
		return fmt.Errorf("%s: --npy: want a weights file", c.File)
	case onnx.Is(head), strings.EqualFold(filepath.Ext(c.File), ".onnx"):
		return inspectONNX(s.out, c.File, c.Tensors)
	case c.Tensors:
		return fmt.Errorf("%s: --tensors: want a weights file or an ONNX model", c.File)
	case truth.IsTable(head):
		return inspectTable(s.out, c.File)
	case truth.IsFile(head):
		return inspectTruth(s.out, c.File)
	case head[0] == '{' && bytes.Contains(firstLine(head), []byte(`"mean_reward"`)):
		return inspectHealth(s.out, c.File)
	case filepath.Base(c.File) == rundir.Tests:
		return inspectTests(s.out, rundir.View(filepath.Dir(c.File)))
	case head[0] == '{' && bytes.Contains(firstLine(head), []byte(`"rung"`)):
		return inspectRungs(s.out, c.File)
	case head[0] == '{' && bytes.Contains(firstLine(head), []byte(`"arm"`)):
		return inspectTrials(s.out, c.File)
	case head[0] == '{':
		return inspectJSON(s.out, c.File)
	}
	cfg, err := config.Load(c.File)
	if err != nil {
		return fmt.Errorf("%s is none of our files: %w", c.File, err)
	}
	return cfg.Save(func(text []byte) error {
		_, err := s.out.Write(text)
		return err
	})
}

// given returns the flag that asks for what only weights have.
func (c inspectCmd) given() string {
	if c.NPY != "" {
		return "--npy"
	}
	return "--tensors"
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte{'\n'})
	return line
}

// inspectFolder shows the report of a run, or how far it is.
func inspectFolder(w io.Writer, d *rundir.Dir) error {
	if d.Has(rundir.ReportJSON) {
		return errors.Join(inspectJSON(w, d.Path(rundir.ReportJSON)), inspectTests(w, d))
	}
	if !d.Has(rundir.Config) {
		return fmt.Errorf("%s is no run folder: it has no %s", d.Path(), rundir.Config)
	}
	come, err := howFar(d)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: %s\n", d.Path(), come)
	for _, name := range []string{rundir.Supernet, aloneNetwork} {
		if !d.Has(name) {
			continue
		}
		if err := inspectWeights(w, d.Path(name), false); err != nil {
			return err
		}
	}
	if d.Has(rundir.Trials) {
		if err := inspectTrials(w, d.Path(rundir.Trials)); err != nil {
			return err
		}
	}
	return inspectTests(w, d)
}

// aloneNetwork is what train --arch leaves in a run folder.
const aloneNetwork = rundir.Networks + "/" + rundir.Alone + ".msgpack"

// howFar says how far a run without a report has come: train ends without one.
func howFar(d *rundir.Dir) (string, error) {
	const unfinished = "unfinished run"
	if d.Has(aloneNetwork) {
		return "one architecture, trained alone", nil
	}
	if !d.Has(rundir.Supernet) || d.Has(rundir.Latency) {
		return unfinished, nil
	}
	h, err := checkpoint.Stat(d.Path(rundir.Supernet))
	if err != nil {
		return "", err
	}
	var meta struct {
		Step  int `json:"step"`
		Train struct{ Steps int }
	}
	if err := json.Unmarshal(h.Meta, &meta); err != nil {
		return "", fmt.Errorf("%s: meta: %w", d.Path(rundir.Supernet), err)
	}
	if meta.Step < meta.Train.Steps {
		return unfinished, nil
	}
	return "supernet, trained to the end and not searched", nil
}

// inspectTests shows what was evaluated by hand on the test split, or on pictures that it is among, if anything was.
func inspectTests(w io.Writer, d *rundir.Dir) error {
	lines, err := d.Tested()
	if err != nil || len(lines) == 0 {
		return err
	}
	fmt.Fprintf(w, "%s: %d networks evaluated %s\n", d.Path(rundir.Tests), len(lines), rundir.HowTested(lines))
	for _, l := range lines {
		what, hash := "supernet", l.Supernet
		if l.Network != "" {
			what, hash = "network", l.Network
		}
		on := ""
		if l.Pictures != "" {
			on = " on " + l.Pictures
		}
		fmt.Fprintf(w, "  %s  accuracy %.4f%s  %s %s  %s\n", l.Time.Format(time.RFC3339), l.Accuracy, on, what, hash, l.Arch)
	}
	return nil
}

// inspectWeights shows the header of a supernet or network file.
func inspectWeights(w io.Writer, path string, tensors bool) error {
	h, err := checkpoint.Stat(path)
	if err != nil {
		return err
	}
	values := int64(0)
	for _, t := range h.Tensors {
		values += t.Bytes / 4
	}
	fmt.Fprintf(w, "%s: %s, schema %d, %d bytes, %d tensors of %d values\n", path, h.Kind, h.Schema, h.Size, len(h.Tensors), values)
	var meta map[string]json.RawMessage
	if err := json.Unmarshal(h.Meta, &meta); err != nil {
		return fmt.Errorf("%s: meta: %w", path, err)
	}
	for _, key := range []string{"arch", "space_id", "classes", "step", "train", "mean", "std", "view"} {
		if v, ok := meta[key]; ok {
			fmt.Fprintf(w, "  %-8s  %s\n", key, v)
		}
	}
	if plan, ok := meta["plan"]; ok {
		var steps []struct{ Layer struct{ H, W, InC int } }
		if err := json.Unmarshal(plan, &steps); err != nil || len(steps) == 0 {
			return fmt.Errorf("%s: meta: plan: no steps; want those of a network", path)
		}
		showInput(w, steps[0].Layer.H, steps[0].Layer.W, steps[0].Layer.InC)
	}
	if tensors {
		for _, t := range h.Tensors {
			fmt.Fprintf(w, "  %-40s %v at %d, xxh3 %016x\n", t.Name, t.Shape, t.Offset, t.Sum)
		}
	}
	return nil
}

// showInput tells the pictures that a network takes.
func showInput(w io.Writer, height, width, channels int) {
	fmt.Fprintf(w, "  %-8s  %d x %d pixels (height x width), channels: %d\n", "input", height, width, channels)
}

// inspectONNX shows a model that export or search wrote; reading it checks all of
// it.
func inspectONNX(w io.Writer, path string, layers bool) error {
	n, err := onnx.Load(path)
	if err != nil {
		return err
	}
	p, l := n.Plan(), n.Label()
	fmt.Fprintf(w, "%s: ONNX model, operator set %d, %d layers, %d parameters, %.2f MFLOPs\n", path, onnx.Opset, len(p), p.Params(), float64(p.FLOPs())/1e6)
	type field struct {
		key   string
		value any
	}
	fields := []field{{"arch", l.Arch}, {"space_id", l.SpaceID}, {"classes", l.Classes}, {"mean", l.Mean}, {"std", l.Std}}
	if l.View != nil { // models of early versions have none
		fields = append(fields, field{"view", l.View})
	}
	for _, v := range fields {
		text, err := json.Marshal(v.value)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, v.key, err)
		}
		fmt.Fprintf(w, "  %-8s  %s\n", v.key, text)
	}
	height, width, channels := n.Input()
	showInput(w, height, width, channels)
	if layers {
		for i, s := range p {
			fmt.Fprintf(w, "  %3d %-40s %v reads %v\n", i, s.Weight, s.Layer, s.In)
		}
	}
	return nil
}

// inspectTrials shows each arm of trials.jsonl with its best.
func inspectTrials(w io.Writer, path string) error {
	lines, err := rundir.ReadJournal[rundir.Trial](path)
	if err != nil {
		return err
	}
	type arm struct {
		n    int
		best rundir.Trial
	}
	arms := make(map[string]*arm)
	var order []string
	for _, t := range lines {
		a := arms[t.Arm]
		if a == nil {
			a = &arm{best: t}
			arms[t.Arm] = a
			order = append(order, t.Arm)
		}
		a.n++
		if t.Accuracy > a.best.Accuracy {
			a.best = t
		}
	}
	fmt.Fprintf(w, "%s: %d trials\n", path, len(lines))
	for _, name := range order {
		a := arms[name]
		figure := "accuracy"
		if a.best.Loss == 0 {
			figure = "worth" // of proposals that were not evaluated
		}
		fmt.Fprintf(w, "  %-13s %5d, best %-8s %.4f at %.3f ms predicted: %s\n", name, a.n, figure, a.best.Accuracy, 1e3*a.best.Latency, a.best.Arch)
	}
	return nil
}

// inspectRungs shows what each rung of finishing made of each candidate.
func inspectRungs(w io.Writer, path string) error {
	lines, err := rundir.ReadJournal[rundir.Rung](path)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: %d trainings of candidates\n", path, len(lines))
	for _, l := range lines {
		fmt.Fprintf(w, "  %-10s rung %d  candidate %02d  accuracy %.4f  loss %.4f  %6d steps  %7.1f s  %s\n", l.Arm, l.Rung+1, l.Candidate, l.Accuracy, l.Loss, l.Steps, l.Seconds, l.Arch)
	}
	return nil
}

// inspectTruth shows what results of training alone are of, and those of each
// architecture.
func inspectTruth(w io.Writer, path string) error {
	t, err := truth.ReadFile(path)
	if err != nil {
		return err
	}
	h := t.Head
	fmt.Fprintf(w, "%s: %d of %d trainings alone, %d architectures of space %s on %s, %d steps of %d images each\n", path, len(t.Rows), h.Count*h.Seeds, h.Count, h.Space, h.Data, h.Steps, h.Batch)
	for _, a := range t.Rows {
		fmt.Fprintf(w, "  seed %d  accuracy %.4f  loss %.4f  %6.2f MFLOPs  %7d parameters  %s\n", a.Seed, a.Accuracy, a.Loss, float64(a.FLOPs)/1e6, a.Params, a.Arch)
	}
	return nil
}

// inspectHealth shows the curve of a controller.
func inspectHealth(w io.Writer, path string) error {
	type line struct {
		Arm string `json:"arm"`
		controller.Health
	}
	lines, err := rundir.ReadJournal[line](path)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: %d updates\n  %-10s %6s %8s %8s %8s %8s\n", path, len(lines), "arm", "update", "reward", "baseline", "entropy", "distinct")
	for _, l := range lines {
		fmt.Fprintf(w, "  %-10s %6d %8.4f %8.4f %8.3f %8.3f\n", l.Arm, l.Step, l.MeanReward, l.Baseline, l.Entropy, l.Distinct)
	}
	return nil
}

// inspectJSON shows a report, a latency file or the state of a run.
func inspectJSON(w io.Writer, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var is struct {
		Pareto   json.RawMessage   `json:"pareto"`
		Schema   int               `json:"schema"`
		Networks []json.RawMessage `json:"networks"`
		Table    *struct {
			Device string `json:"device"`
			Layers []struct {
				Estimated bool `json:"estimated"`
			} `json:"layers"`
		} `json:"table"`
		Phases []report.Phase `json:"phases"`
	}
	if err := json.Unmarshal(text, &is); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	switch {
	case is.Pareto != nil:
		if is.Schema != report.Schema {
			return fmt.Errorf("%s: schema is %d; want %d", path, is.Schema, report.Schema)
		}
		var rep report.Report
		if err := rundir.ReadJSON(path, &rep); err != nil {
			return err
		}
		_, err := io.WriteString(w, report.Text(rep))
		return err
	case is.Table != nil:
		estimated := 0
		for _, l := range is.Table.Layers {
			if l.Estimated {
				estimated++
			}
		}
		_, err := fmt.Fprintf(w, "%s: latencies of %s: %d layers measured, %d estimated, %d networks\n", path, is.Table.Device, len(is.Table.Layers)-estimated, estimated, len(is.Networks))
		return err
	case is.Phases != nil:
		fmt.Fprintf(w, "%s: state of a run\n", path)
		for _, p := range is.Phases {
			fmt.Fprintf(w, "  %-28s %.1f s\n", p.Name, p.Seconds)
		}
		return nil
	}
	return fmt.Errorf("%s is none of our JSON files; want a report, latencies or the state of a run", path)
}
