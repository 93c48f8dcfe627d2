package main

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/checkpoint"
)

// twoTensors is a weights file that one can check by hand.
func twoTensors() *checkpoint.File {
	return &checkpoint.File{
		Kind: "network", Meta: []byte(`{"arch":"a","classes":["x"]}`),
		Tensors: []checkpoint.Tensor{
			{Name: "stem/w", Shape: []int{2, 2}, Data: []float32{1, 2, 3, -4}},
			{Name: "step", Data: []float32{7}},
			{Name: "last", Shape: []int{1}, Data: []float32{8}},
		},
	}
}

func (s shell) weights(name string, change func(*checkpoint.File)) string {
	s.t.Helper()
	f := twoTensors()
	change(f)
	if err := checkpoint.Write(s.path(name), f); err != nil {
		s.t.Fatal(err)
	}
	return s.path(name)
}

func TestVerifyNamesAllDamage(t *testing.T) {
	s := shell{t, t.TempDir()}
	path := s.weights("f", func(*checkpoint.File) {})
	if out := s.must("verify", path); !strings.Contains(out, "3 tensors: whole") {
		t.Errorf("of a whole file: %s", out)
	}
	h, err := checkpoint.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	b := []byte(s.read("f"))
	b[h.Tensors[0].Offset+3] ^= 1
	b[h.Tensors[2].Offset] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, text := s.run(context.Background(), "verify", path)
	if code != exitFailure || !strings.Contains(text, "damaged in 2 places") || !strings.Contains(text, `byte 320: tensor "stem/w"`) || !strings.Contains(text, `tensor "last"`) || strings.Contains(text, `"step"`) {
		t.Errorf("exit code %d, %s; want both damaged tensors with their bytes (%d)", code, text, h.Tensors[0].Offset)
	}
	if code, _, text := s.run(context.Background(), "verify", s.path("none")); code != exitFailure || !strings.Contains(text, "none") {
		t.Errorf("of no file: exit code %d, %s", code, text)
	}
}

func TestDiff(t *testing.T) {
	s := shell{t, t.TempDir()}
	a := s.weights("a", func(*checkpoint.File) {})
	same := s.weights("same", func(*checkpoint.File) {})
	if out := s.must("diff", a, same); !strings.Contains(out, "the same: metadata and 3 tensors") {
		t.Errorf("of equal files: %s", out)
	}
	b := s.weights("b", func(f *checkpoint.File) {
		f.Kind, f.Meta = "supernet", []byte(`{"arch":"b","step":3}`)
		f.Tensors[0].Data = []float32{1, 2.5, float32(math.Copysign(3, 1)), -5}
		f.Tensors[1].Shape, f.Tensors[1].Data = []int{2}, []float32{7, 7}
		f.Tensors[2].Name = "other"
	})
	code, out, _ := s.run(context.Background(), "diff", a, b)
	want := `kind: "network" and "supernet"
metadata: arch: "a" and "b"
metadata: classes only in the first
metadata: step only in the second
tensor stem/w: 2 of 4 values equal to the bit, at most 1 apart, 0.2 relative
tensor step: shapes [] and [2]
tensor last [1] only in the first
tensor other [1] only in the second
`
	if code != exitFailure || out != want {
		t.Errorf("exit code %d\n%s\nwant\n%s", code, out, want)
	}
}

// What is infinitely far apart is not called near, and of long metadata the part that differs is shown.
func TestDiffShowsWhatDiffers(t *testing.T) {
	s := shell{t, t.TempDir()}
	long := strings.Repeat("é", 300)
	a := s.weights("a", func(f *checkpoint.File) { f.Meta = []byte(`{"arch":"` + long + `one"}`) })
	b := s.weights("b", func(f *checkpoint.File) {
		f.Meta = []byte(`{"arch":"` + long + `two"}`)
		f.Tensors[0].Data = []float32{1, float32(math.NaN()), float32(math.Inf(1)), -4}
	})
	code, out, _ := s.run(context.Background(), "diff", a, b)
	want := "metadata: arch: ..." + strings.Repeat("é", 20) + `one" and ...` + strings.Repeat("é", 20) + "two\"\ntensor stem/w: 2 of 4 values equal to the bit, at most +Inf apart, +Inf relative\n"
	if code != exitFailure || out != want {
		t.Errorf("exit code %d\n%s\nwant\n%s", code, out, want)
	}
}

// Every line of a journal is checked, also those at its end, which a run that goes on would cut off.
func TestVerifyNamesDamagedLines(t *testing.T) {
	s := shell{t, t.TempDir()}
	path := s.path("trials.jsonl")
	if err := rundir.WriteLines(path, []rundir.Trial{{Arm: "random"}, {Arm: "random", Index: 1}, {Arm: "random", Index: 2}}); err != nil {
		t.Fatal(err)
	}
	if out := s.must("verify", path); !strings.Contains(out, "3 whole lines") {
		t.Errorf("of a whole journal: %s", out)
	}
	whole := s.read("trials.jsonl")
	lines := strings.SplitAfter(whole, "\n")
	for _, c := range []struct {
		text string
		want []string
	}{
		{whole[:len(whole)-1], []string{"damaged in 1 places", "line 3: "}},
		{lines[0] + lines[1] + strings.Replace(lines[2], "random", "ramdom", 1), []string{"damaged in 1 places", "line 3: "}},
		{strings.Replace(whole, "random", "ramdom", 2), []string{"damaged in 2 places", "line 1: ", "line 2: "}},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, text := s.run(context.Background(), "verify", path)
		for _, want := range c.want {
			if code != exitFailure || !strings.Contains(text, want) {
				t.Errorf("exit code %d, %s; want %q", code, text, want)
			}
		}
	}
}

func TestInspectWritesArrays(t *testing.T) {
	s := shell{t, t.TempDir()}
	path := s.weights("f", func(f *checkpoint.File) { f.Tensors[1].Name = "../../step" })
	s.must("inspect", path, "--npy", s.path("arrays"))
	left, err := filepath.Glob(s.path("arrays", "*"))
	if err != nil || len(left) != 3 {
		t.Fatalf("files %v, %v; want 3 in the folder", left, err)
	}
	got := s.read("arrays", "stem%2Fw.npy")
	head := "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2,), }"
	if !strings.HasPrefix(got, head) || len(got) != 128+16 || got[127] != '\n' || got[128:132] != "\x00\x00\x80\x3f" || got[140:] != "\x00\x00\x80\xc0" {
		t.Errorf("array is %q", got)
	}
	if got := s.read("arrays", "..%2F..%2Fstep.npy"); !strings.Contains(got, "'shape': (), }") {
		t.Errorf("scalar is %q", got)
	}
}
