package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/onnx"
	"github.com/espalier-nas/espalier/supernet/space"
)

// What is exported is the architecture that was asked for, in both formats.
func TestExportWritesTheArchitecture(t *testing.T) {
	s := newShell(t)
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--steps", "2", "--out", s.path("run"))
	cfg, err := config.Load(s.path("run", rundir.Config))
	if err != nil {
		t.Fatal(err)
	}
	family, err := cfg.Space.Open(space.Input{H: 28, W: 28, C: 1, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"conv3x3:16 sep3x3:8+0 identity", "sep3x3:8 maxpool3x3:16 conv3x3:8+0,1"} {
		a, err := family.Space().Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		out := s.must("export", "--run", s.path("run"), "--arch", text, "--out", s.path("net.msgpack"), "--onnx", s.path("net.onnx"))
		if strings.Count(out, text) != 2 || !strings.Contains(out, "with the weights of the supernet: not trained on alone") {
			t.Errorf("%s: export says\n%s", text, out)
		}
		n, err := supernet.LoadNetwork(s.path("net.msgpack"))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(family.Plan(a), n.Plan()); d != "" || n.Label().Arch != text {
			t.Errorf("%s: label %q, plan (-want +got):\n%s", text, n.Label().Arch, d)
		}
		m, err := onnx.Load(s.path("net.onnx"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{"net.msgpack", "net.onnx"} {
			shown := s.must("inspect", s.path(file))
			for _, want := range []string{"input     28 x 28 pixels (height x width), channels: 1", `view      {"fit":"crop","background":"#ffffff"}`} {
				if !strings.Contains(shown, want) {
					t.Errorf("inspect of %s does not show %q:\n%s", file, want, shown)
				}
			}
		}
		if want := n.Fold().Plan(); m.Plan().FLOPs() != want.FLOPs() || m.Label().Arch != text {
			t.Errorf("%s: the model is labelled %q and has %d operations; want %d", text, m.Label().Arch, m.Plan().FLOPs(), want.FLOPs())
		}
	}
}
