package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
)

// tinyFamilies are spaces of the other families for searches of a few seconds, with the
// sampler and the strategy that each goes through and what else its training has.
var tinyFamilies = []struct{ name, space, sampler, strategy, train string }{
	{"stages", `
space:
  stages:
    name: tiny
    resolutions: [20, 28]
    stem: 8
    stem_stride: 2
    activation: relu
    head: 24
    mix: 20
    transforms: true
    stages:
      - {block: mbconv, widths: [8], depths: [1, 2], kernels: [3, 5], expansions: [1, 2], excite: search, activation: hardswish}
      - {block: basic, widths: [8, 12], depths: [1, 2], kernels: [3], expansions: [0.5, 1], stride: 2}
      - {block: bottleneck, widths: [12, 16], depths: [1], kernels: [3, 5], expansions: [0.5], stride: 2}
      - {block: plain, widths: [16, 24], depths: [1], kernels: [1, 3]}
`, "sandwich", "local", ""},
	{"cell", `
space:
  cell: {name: tiny, nodes: 3, ops: [sep3x3, avgpool3x3, maxpool3x3, identity], filters: 4, stem: 6, repeats: 1, stages: 3, inputs: true}
`, "enas", "rl", "auxiliary: 0.4, drop_path: 0.2, "},
	{"nb201", `
space:
  nb201: {name: tiny, channels: 4, cells: 1}
`, "fair", "evolution", ""},
}

// Every family goes through everything: the samplers, the search with its latencies and
// predictors, finishing, files, the contract of extraction, evaluating by file.
func TestEveryFamily(t *testing.T) {
	for _, f := range tinyFamilies {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := newShell(t)
			start, rest, _ := strings.Cut(tiny, "space:")
			_, rest, _ = strings.Cut(rest, "\ntrain:")
			text := start + f.space + "train:" + strings.Replace(rest, "steps: 24", f.train+"steps: 8", 1)
			if err := os.WriteFile(s.path("family.yaml"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			s.must("search", "-q", "-c", s.path("family.yaml"), "--sampler", f.sampler, "--strategy", f.strategy, "--trials", "30", "--out", s.path("run"))
			rep := s.report("run")
			if len(rep.Pareto) == 0 || rep.Space.Name != "tiny" {
				t.Fatalf("%d networks of space %q", len(rep.Pareto), rep.Space.Name)
			}
			for _, sampler := range config.Samplers() {
				if sampler != f.sampler {
					s.must("train", "-q", "-c", s.path("family.yaml"), "--sampler", sampler, "--steps", "2", "--out", s.path("train-"+sampler))
				}
			}
			out := s.must("verify", s.path("run"), "-q", "--count", "4", "--pictures", "100", "--interpreted", "1")
			if !strings.Contains(out, "4 architectures, 100 pictures each") {
				t.Errorf("verify says\n%s", out)
			}
			s.evaluatedByFile(rep.Pareto[0].File, rep.Pareto[0].Name)
		})
	}
}

// evaluatedByFile evaluates a network of a run by its file and by its ONNX model, and classifies
// with the model.
func (s shell) evaluatedByFile(file, name string) {
	s.t.Helper()
	s.classFolders("pictures", 4)
	var both [2]fileEvaluation
	for i, path := range []string{s.path("run", file), s.path("run", rundir.Networks, name+".onnx")} {
		if err := json.Unmarshal([]byte(s.must("eval", path, "--data", s.path("pictures"), "--json")), &both[i]); err != nil {
			s.t.Fatal(err)
		}
	}
	a, b := both[0], both[1]
	if a.N != 12 || fmt.Sprint(a.Matrix, a.Accuracy, a.Balanced) != fmt.Sprint(b.Matrix, b.Accuracy, b.Balanced) {
		s.t.Errorf("evaluated by its file %+v; by its model %+v", a, b)
	}
	model := s.must("classify", s.path("run", rundir.Networks, name+".onnx"), s.path("pictures", "Bag", "0.png"))
	if own := s.must("classify", s.path("run", file), s.path("pictures", "Bag", "0.png")); own != model {
		s.t.Errorf("classified as %q by the file, %q by the model", own, model)
	}
}

// classFolders writes n pictures of 28 pixels for three of the classes of Fashion-MNIST.
func (s shell) classFolders(dir string, n int) {
	s.t.Helper()
	for c, class := range []string{"Bag", "Coat", "Sneaker"} {
		if err := os.MkdirAll(s.path(dir, class), 0o755); err != nil {
			s.t.Fatal(err)
		}
		for i := range n {
			m := image.NewGray(image.Rect(0, 0, 28, 28))
			for k := range m.Pix {
				m.Pix[k] = uint8(k*(c+1)*(i+3) + k/28*c)
			}
			f, err := os.Create(s.path(dir, class, fmt.Sprintf("%d.png", i)))
			if err != nil {
				s.t.Fatal(err)
			}
			if err := png.Encode(f, m); err != nil {
				s.t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// Evaluating by file counts what a loop over classified pictures counts.
func TestEvalFileCounts(t *testing.T) {
	s := newShell(t)
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--arch", "max", "--steps", "8", "--out", s.path("run"))
	path := s.path("run", "networks", "alone.msgpack")
	s.classFolders("pictures", 5)
	var j fileEvaluation
	if err := json.Unmarshal([]byte(s.must("eval", path, "--data", s.path("pictures"), "--json")), &j); err != nil {
		t.Fatal(err)
	}
	right, n := 0, 0
	want := map[string]map[string]int{}
	for _, class := range []string{"Bag", "Coat", "Sneaker"} {
		want[class] = map[string]int{}
		for i := range 5 {
			line := s.must("classify", path, s.path("pictures", class, fmt.Sprintf("%d.png", i)))
			_, said, _ := strings.Cut(strings.TrimSpace(line), "\t")
			said = said[:strings.LastIndexByte(said, ' ')]
			want[class][said]++
			n++
			if said == class {
				right++
			}
		}
	}
	if j.N != n || j.Accuracy != float64(right)/float64(n) || j.Majority != 1./3 {
		t.Errorf("%d pictures, accuracy %v, majority %v; want %d, %v, 1/3", j.N, j.Accuracy, j.Majority, n, float64(right)/float64(n))
	}
	for i, row := range j.Matrix {
		for k, v := range row {
			if v != want[j.Classes[i]][j.Classes[k]] {
				t.Errorf("%d pictures of %s are told to be %s; want %d", v, j.Classes[i], j.Classes[k], want[j.Classes[i]][j.Classes[k]])
			}
		}
	}
	if loss := s.lossOf(path, "pictures"); math.Abs(j.Loss-loss) > 1e-4*loss {
		t.Errorf("loss %v; the network itself says %v", j.Loss, loss)
	}
	text := s.must("eval", path, "--data", s.path("pictures"))
	for _, part := range []string{"15, all pictures of", "always the most frequent class: 0.3333", "Sneaker"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
}

// lossOf returns the loss of a network on a folder, by the network's own score.
func (s shell) lossOf(path, folder string) float64 {
	s.t.Helper()
	n, err := supernet.LoadNetwork(path)
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := data.Open(s.path(folder), data.OpenOptions{Gray: true})
	if err != nil {
		s.t.Fatal(err)
	}
	for i, l := range d.Train.Labels {
		d.Train.Labels[i] = uint16(slices.Index(n.Label().Classes, d.Train.Classes[l]))
	}
	d.Train.Classes = n.Label().Classes
	e, err := ops.NewExec(ops.Config{Workers: 1})
	if err != nil {
		s.t.Fatal(err)
	}
	defer e.Close()
	score, err := n.Score(s.t.Context(), e, d.Train, 4)
	if err != nil {
		s.t.Fatal(err)
	}
	return score.Loss
}

// A network that is evaluated by its file on the pictures of its run leaves a trace there; on
// other pictures it does not.
func TestEvalFileLeavesATrace(t *testing.T) {
	s := newShell(t)
	s.classFolders("pictures", 40)
	s.classFolders("others", 4)
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--data", s.path("pictures"), "--gray", "--batch", "16", "--arch", "max", "--steps", "2", "--out", s.path("run"))
	path := s.path("run", "networks", "alone.msgpack")
	for want, folder := range []string{"others", "pictures", "pictures"} {
		var j fileEvaluation
		if err := json.Unmarshal([]byte(s.must("eval", path, "--data", s.path(folder), "--json")), &j); err != nil {
			t.Fatal(err)
		}
		lines, err := rundir.View(s.path("run")).Tested()
		if err != nil || len(lines) != want {
			t.Fatalf("%d lines after evaluating on %s, %v; want %d", len(lines), folder, err, want)
		}
		if want > 0 && (lines[want-1].Accuracy != j.Accuracy || lines[want-1].Pictures != "all pictures of "+s.path("pictures") || lines[want-1].Loss != j.Loss || lines[want-1].Network == "") {
			t.Errorf("the trace is %+v; evaluated was %+v", lines[want-1], j)
		}
	}
	said := func(want ...string) {
		t.Helper()
		for _, want := range want {
			if out := s.must("inspect", s.path("run")); !strings.Contains(out, want) {
				t.Errorf("inspect does not say %q:\n%s", want, out)
			}
		}
	}
	said("2 networks evaluated on pictures of the run's folder, which the test split is among, by eval FILE --data\n", "on all pictures of "+s.path("pictures")+"  network ")
	s.must("eval", "--run", s.path("run"), "--network", "alone", "--test")
	said("3 networks evaluated by eval, 1 on the test split (--test) and 2 on pictures", "on test split  network ")

	// a validation part does not hold the test split
	s.classFolders("parts/train", 8)
	s.classFolders("parts/val", 2)
	text := strings.ReplaceAll(s.read("run", rundir.Config), s.path("pictures"), s.path("parts"))
	if err := os.WriteFile(s.path("run", rundir.Config), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must("eval", path, "--data", s.path("parts"))
	said("3 networks evaluated")
	if err := os.Rename(s.path("parts", "val"), s.path("parts", "test")); err != nil {
		t.Fatal(err)
	}
	s.must("eval", path, "--data", s.path("parts"))
	said("4 networks evaluated", "on test part of "+s.path("parts"))
}

func TestEvalFileRefuses(t *testing.T) {
	s := newShell(t)
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--arch", "max", "--steps", "1", "--out", s.path("run"))
	path := s.path("run", "networks", "alone.msgpack")
	s.classFolders("pictures", 1)
	if err := os.Rename(s.path("pictures", "Coat"), s.path("pictures", "Hat")); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		`class "Hat" is none of the network's`: {path, "--data", s.path("pictures")},
		"no pictures; want --data":             {path},
		"want no --run":                        {path, "--data", s.path("pictures"), "--run", s.path("run")},
		"tiny.yaml":                            {s.path("tiny.yaml"), "--data", s.path("pictures")},
		"no run folder; want --run":            {"--arch", "max"},
		"on the run's own pictures":            {"--arch", "max", "--run", s.path("run"), "--data", s.path("pictures")},
	} {
		code, _, errText := s.run(t.Context(), append([]string{"eval"}, args...)...)
		if code == 0 || !strings.Contains(errText, want) {
			t.Errorf("eval %v: exit code %d, %q; want %q", args, code, errText, want)
		}
	}
}

// Networks are drawn as text, graph and picture, of architectures and of files; spaces are
// listed and described.
func TestDrawAndSpaces(t *testing.T) {
	s := newShell(t)
	s.must("export", "--run", s.trained(), "--arch", "max", "--onnx", s.path("max.onnx"))
	if text := s.must("draw", s.path("max.onnx")); !strings.Contains(text, "max.onnx: conv3x3:16") || !strings.Contains(text, "linear") {
		t.Errorf("of a model:\n%s", text)
	}
	if text := s.must("draw", "1:16:1 - - 1:32:1 - - 1:64:1 - -", "--space", "resnet"); !strings.Contains(text, "[16]") || !strings.Contains(text, "add, relu") {
		t.Errorf("of an architecture:\n%s", text)
	}
	for name, want := range map[string]string{"net.svg": "<svg ", "net.dot": "digraph", "net.txt": "reads"} {
		s.must("draw", "max", "--space", "cell", "--out", s.path(name))
		if got := s.read(name); !strings.Contains(got, want) {
			t.Errorf("%s holds no %q", name, want)
		}
	}
	if code, _, errText := s.run(t.Context(), "draw", "max", "--out", s.path("net.gif")); code == 0 || !strings.Contains(errText, ".svg, .dot") {
		t.Errorf("exit code %d, %q; want the names of pictures", code, errText)
	}
	if text := s.must("spaces", "-c", s.path("tiny.yaml")); !strings.Contains(text, "2744 architectures") {
		t.Errorf("the space of a configuration is not described:\n%s", text)
	}
	list := s.must("spaces")
	for i, name := range []string{"chain", "basic", "enas", "resnet", "ofa", "ofa-224", "cell", "nb201"} {
		line := "--space " + name + "\n"
		if i == 0 {
			line = "--space " + name + " (default)\n"
		}
		if !strings.Contains(list, line) {
			t.Errorf("%s is missing in\n%s", name, list)
		}
		if text := s.must("spaces", name); !strings.Contains(text, "architectures") || !strings.Contains(text, "largest") {
			t.Errorf("%s is described as\n%s", name, text)
		}
	}
	for name, want := range map[string]string{"ofa-224": "size       5.44e+20 architectures", "nb201": "size       15625 architectures"} {
		if text := s.must("spaces", name); !strings.Contains(text, want) {
			t.Errorf("%s is described as\n%s", name, text)
		}
	}
}

// trained returns a run folder with a supernet.
func (s shell) trained() string {
	s.t.Helper()
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--steps", "1", "--out", s.path("supernet"))
	return s.path("supernet")
}
