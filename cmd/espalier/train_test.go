package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/checkpoint"
)

// averaged checks that a network has the averaged weights of its training, not
// those in training.
func (s shell) averaged(training, network string) {
	s.t.Helper()
	tensors := func(path string) map[string][]float32 {
		f, err := checkpoint.Read(path)
		if err != nil {
			s.t.Fatal(err)
		}
		all := map[string][]float32{}
		for _, t := range f.Tensors {
			all[t.Name] = t.Data
		}
		return all
	}
	trained, used := tensors(training), tensors(network)
	differ := false
	for name, v := range used {
		if average := trained[name+"/average"]; average != nil && !slices.Equal(v, average) {
			s.t.Errorf("%s of the network is not the average", name)
		}
		differ = differ || trained[name] != nil && !slices.Equal(v, trained[name])
	}
	if !differ {
		s.t.Error("the network has the weights in training")
	}
}

func TestTrainAlone(t *testing.T) {
	s := newShell(t)
	const arch = "conv3x3:16 sep3x3:8+0 identity"
	out := s.must("train", "-c", s.path("tiny.yaml"), "-q", "--arch", arch, "--steps", "40", "--out", s.path("alone"))
	if !strings.Contains(out, arch) {
		t.Errorf("%q does not name the architecture", out)
	}
	for _, file := range []string{"alone.msgpack", "alone.onnx"} {
		if shown := s.must("inspect", s.path("alone", "networks", file)); !strings.Contains(shown, arch) {
			t.Errorf("%s: %q does not name the architecture", file, shown)
		}
	}
	if shown := s.must("inspect", s.path("alone")); !strings.Contains(shown, "one architecture, trained alone") || !strings.Contains(shown, arch) {
		t.Errorf("of the folder: %s", shown)
	}
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--steps", "1", "--out", s.path("shared"))
	if shown := s.must("inspect", s.path("shared")); !strings.Contains(shown, "trained to the end") || strings.Contains(shown, "unfinished") {
		t.Errorf("of a folder whose training is done: %s", shown)
	}
	s.averaged(s.path("alone", "alone.msgpack"), s.path("alone", "networks", "alone.msgpack"))
	code, _, errText := s.run(context.Background(), "search", "-q", "--resume", s.path("alone"))
	if code != exitFailure || !strings.Contains(errText, "train.arch") {
		t.Errorf("a search in that folder: exit code %d\n%s", code, errText)
	}
}
