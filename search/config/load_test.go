package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/supernet/space/chain"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

func TestLoadOverlaysDefaults(t *testing.T) {
	c, err := Load(write(t, "seed: 7\ntrain:\n  lr: 0.2\nlimits:\n  latency: 1ms\n  flops: 20M\nfinish: {networks: 3}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Seed, want.Train.LR = 7, 0.2
	want.Limits.Latency, want.Limits.FLOPs = time.Millisecond, 20e6
	want.Finish.Networks = 3
	if d := cmp.Diff(want, c); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
	for _, empty := range []string{"", "# nothing\n", "---\n"} {
		if c, err = Load(write(t, empty)); err != nil || !cmp.Equal(c, Default()) {
			t.Errorf("%q is %+v, %v; want the defaults", empty, c, err)
		}
	}
}

func TestDurations(t *testing.T) {
	c, err := Load(write(t, "budget: \"90s\" # quoted\nlimits: {latency: 0}\nfinish: {reach: \"0\"}\ntrain:\n  checkpoint: 1h30m # plain\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Budget != 90*time.Second || c.Limits.Latency != 0 || c.Finish.Reach != 0 || c.Train.Checkpoint != 90*time.Minute {
		t.Errorf("budget %v, latency %v, reach %v, checkpoint %v; want 1m30s, 0s, 0s and 1h30m0s", c.Budget, c.Limits.Latency, c.Finish.Reach, c.Train.Checkpoint)
	}
	if _, err := Load(write(t, "train:\n  checkpoint: 3\n")); err == nil || !strings.Contains(err.Error(), `[2:15] train.checkpoint is "3"; want a duration such as 20m`) {
		t.Errorf("a number without a unit: %v; want where it stands, and a duration", err)
	}
}

func TestSavedDocumentReadsBackEqual(t *testing.T) {
	c := resolved(t, Default())
	c.Kernel, c.Data.Dir, c.Train.Steps = "avx2", "some where: #1", 12345
	c.Limits.Params, c.Train.LR, c.Seed = 250e3, 1.0/3, 1<<63+1
	c.Predictor.Ranks = []int{0, 4}
	c.Limits.Memory, c.Limits.Elsewhere = 1<<40+1, []Elsewhere{{Table: "some: where/phone.json", Latency: 1500 * time.Microsecond}}
	c.Device.Probe, c.Device.Probed, c.Limits.Energy = "sh 'a b.sh' # 1", []int{12, 8}, 3.3e-3
	if d := cmp.Diff(c, saved(t, c)); d != "" {
		t.Errorf("differs (-saved +read):\n%s", d)
	}
}

func TestSpaceByNameOrFile(t *testing.T) {
	s, err := LoadSpace("basic")
	if c, ok := s.Declaration.(*chain.Config); err != nil || !ok || c.Name != "basic" {
		t.Errorf("basic is %+v, %v", s, err)
	}
	s, err = LoadSpace(write(t, "chain:\n  name: mine\n  stem: 8\n  layers: 2\n  ops: [conv3x3]\n  widths: [8, 16]\n  skips: false\n"))
	if c, ok := s.Declaration.(*chain.Config); err != nil || !ok || c.Layers != 2 {
		t.Errorf("a file is %+v, %v", s, err)
	}
	if _, err = LoadSpace("no such space"); err == nil || !strings.Contains(err.Error(), "chain") {
		t.Errorf("neither: %v; want an error with the known names", err)
	}
	for text, want := range map[string]string{
		"chain: {stem: 8}\npreset: basic\n": "one of them",
		"tree: {stem: 8}\n":                 "space.tree is unknown; want preset or one of [chain",
		"chain: {stems: 8}\n":               "unknown field",
		"preset: tree\n":                    `space preset "tree" is unknown`,
	} {
		if _, err := LoadSpace(write(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
	unknown := families.Space{Preset: "tree"}
	if err := unknown.Resolve(); err == nil || !strings.Contains(err.Error(), "space.preset") {
		t.Errorf("unknown preset: %v; want an error that names space.preset", err)
	}
}
