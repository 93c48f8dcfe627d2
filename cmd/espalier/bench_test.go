package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/bench"
)

// TestBench runs the command on a few layers and compares what its files say
// with what it prints.
func TestBench(t *testing.T) {
	t.Setenv("LC_ALL", "C")
	s := newShell(t)
	out := s.must("bench", "-q", "-quick", "-classes", "dense_odd", "-passes", "weights,forward", "-workers", "1", "-svg", s.path("a.svg"), "-json", s.path("a.json"))
	if !utf8.ValidString(out) || strings.ContainsFunc(out, func(r rune) bool { return r > '~' }) {
		t.Errorf("not only ASCII in a plain locale:\n%s", out)
	}
	text, err := os.ReadFile(s.path("a.json"))
	if err != nil {
		t.Fatal(err)
	}
	var f benchFile
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	if f.Workers != 1 || len(f.Machine.Limits) != 1 || !(f.Roofline.Peak > 0) || len(f.Roofline.Roofs) != len(f.Machine.Levels) {
		t.Errorf("%d workers, limits %+v, roofline %+v", f.Workers, f.Machine.Limits, f.Roofline)
	}
	want := 0
	layers, err := bench.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		if l.Class == "dense_odd" {
			want += 2
		}
	}
	for _, p := range f.Points {
		if p.Layer.Class != "dense_odd" || p.Pass == bench.BackwardData || !strings.Contains(out, "\n"+p.Layer.Name+" ") {
			t.Errorf("%s, %s: not asked for, or not printed", p.Layer.Name, p.Pass)
		}
	}
	if len(f.Points) != want {
		t.Errorf("%d points; want %d", len(f.Points), want)
	}
	picture, err := os.ReadFile(s.path("a.svg"))
	if err != nil {
		t.Fatal(err)
	}
	d, tips := xml.NewDecoder(strings.NewReader(string(picture))), 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("a.svg: %v", err)
		}
		if v, ok := token.(xml.CharData); ok && strings.Contains(string(v), "% of the ") {
			tips++
		}
	}
	if tips != want {
		t.Errorf("%d points with a tooltip in the picture; want %d", tips, want)
	}
}

// TestBenchOfANetwork measures the layers of a network file, which are those of its ONNX model.
func TestBenchOfANetwork(t *testing.T) {
	s := newShell(t)
	s.must("train", "-q", "-c", s.path("tiny.yaml"), "--steps", "1", "--out", s.path("run"))
	s.must("export", "--run", s.path("run"), "--arch", "max", "--out", s.path("max.msgpack"), "--onnx", s.path("max.onnx"))
	var layers [2][]bench.Layer
	for i, name := range []string{"max.msgpack", "max.onnx"} {
		var err error
		if layers[i], err = (benchCmd{Network: s.path(name)}).layers(); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(layers[0], layers[1]); d != "" || len(layers[0]) < 4 {
		t.Errorf("%d layers; those of the ONNX model differ (-file +model):\n%s", len(layers[0]), d)
	}
	out := s.must("bench", "-q", "-quick", "-workers", "1", "-network", s.path("max.msgpack"), "-batch", "2", "-passes", "forward")
	for _, want := range []string{"\nconv3x3s1 28x28x1->8 ", "\nlinear 1x1x16->10 ", "\ndense  ", "\nlinear  "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if code, _, errText := s.run(context.Background(), "bench", "-network", s.path("max.msgpack"), "-batch", "0"); code != exitFailure || !strings.Contains(errText, "batch 0") {
		t.Errorf("batch 0: exit code %d\n%s", code, errText)
	}
}

func TestBenchRefusesUnknownNames(t *testing.T) {
	for want, args := range map[string][]string{
		`--classes: "dnse" is unknown; want some of dense_small,`:          {"-classes", "pointwise,dnse"},
		`--passes: "back" is unknown; want some of [forward data weights]`: {"-passes", "back"},
		`"abacus" is not among the kernels`:                                {"-kernel", "abacus"},
		"no-such-file":                                                     {"-network", "no-such-file"},
	} {
		code, _, errText := newShell(t).run(context.Background(), append([]string{"bench", "-q"}, args...)...)
		if code == 0 || !strings.Contains(errText, want) {
			t.Errorf("%v: exit code %d; want %q in\n%s", args, code, want, errText)
		}
	}
}

func TestUnicodeLocale(t *testing.T) {
	for _, c := range []struct {
		all, ctype, lang string
		want             bool
	}{
		{"", "", "", false},
		{"", "", "C", false},
		{"", "", "en_GB.UTF-8", true},
		{"", "C.utf8", "C", true},
		{"C", "C.utf8", "en_GB.UTF-8", false},
	} {
		env := map[string]string{"LC_ALL": c.all, "LC_CTYPE": c.ctype, "LANG": c.lang}
		if got := unicodeLocale(func(name string) string { return env[name] }); got != c.want {
			t.Errorf("%v: %t", env, got)
		}
	}
}
