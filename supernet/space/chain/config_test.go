package chain_test

import (
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space/internal/chains"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// TestValidateReportsEveryFault checks one fault at a time, then all of them at once.
func TestValidateReportsEveryFault(t *testing.T) {
	cases := []struct {
		spoil func(*chain.Config)
		want  string
	}{
		{func(c *chain.Config) { c.Stem = 0 }, "stem: 0; want 2 to 4096"},
		{func(c *chain.Config) { c.StemKernel = "5x1" }, `stem_kernel: "5x1"; want 3x3, 1x3 or 3x1`},
		{func(c *chain.Config) { c.Head = -1 }, "head: -1; want 0 to 4096"},
		{func(c *chain.Config) { c.Ops = append(c.Ops, "conv9x9") }, `ops: operation "conv9x9" is unknown; want one of conv1x1`},
		{func(c *chain.Config) { c.Ops = append(c.Ops, "conv3x3") }, `ops: "conv3x3" is given twice`},
		{func(c *chain.Config) { c.Widths = []int{16, 16} }, "widths: 16 follows 16; want rising"},
		{func(c *chain.Config) { c.Activations = []string{"swish"} }, `activations: activation "swish" is unknown`},
		{func(c *chain.Config) { c.Downsample = []int{2, 2} }, "downsample: layer 2 is given twice"},
		{func(c *chain.Config) { c.Downsample = append(c.Downsample, 9) }, "downsample: 9; want 1 to 6"},
		{func(c *chain.Config) { c.Forbid = append(c.Forbid, "pool") }, `forbid: "pool" has 1 operations`},
		{func(c *chain.Config) { c.Forbid = append(c.Forbid, "pool poll") }, `"poll" names no operation`},
		{func(c *chain.Config) { c.AtMost = map[string]int{"pull": 1} }, `at_most: "pull" names no operation`},
		{func(c *chain.Config) { c.AtMost = map[string]int{"pool": -1} }, "at_most: pool: -1; want 0 to 6"},
		{func(c *chain.Config) { c.Overrides = []chain.Override{{Layer: 7, Widths: []int{8}}} }, "overrides: layer: 7; want 1 to 6"},
		{func(c *chain.Config) { c.Overrides = []chain.Override{{Layer: 1}} }, "overrides: layer 1: changes nothing"},
		{func(c *chain.Config) { c.Overrides = []chain.Override{{Layer: 2, Ops: []string{"no"}}} }, `overrides: layer 2: ops: operation "no"`},
	}
	good := chains.Config(t, "basic")
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		bad := chains.Config(t, "basic")
		c.spoil(&bad)
		err := bad.Validate()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v; want %q", err, c.want)
			continue
		}
		if lines := strings.Count(err.Error(), "\n"); lines > 0 {
			t.Errorf("one fault, several lines: %v", err)
		}
		if ch, err := chain.New(bad, chains.Pictures); ch != nil || err == nil {
			t.Errorf("New accepts %q", c.want)
		}
	}
	all := chain.Config{
		Stem: -1, Head: -1, Layers: 2, Ops: []string{"x"}, Widths: []int{0}, Activations: []string{"y"},
		Downsample: []int{3}, Forbid: []string{"a"}, AtMost: map[string]int{"b": 9}, Overrides: []chain.Override{{Layer: 5}},
	}
	err := all.Validate()
	for _, field := range []string{"stem:", "head:", "ops:", "widths:", "activations:", "downsample:", "forbid:", "at_most:", "overrides:"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not reported in\n%v", field, err)
		}
	}
}

func TestEmptyConfig(t *testing.T) {
	err := chain.Config{}.Validate()
	for _, field := range []string{"stem: 0", "layers: 0"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%q is not reported in %v", field, err)
		}
	}
	err = chain.Config{Stem: 4, Layers: 1}.Validate()
	for _, field := range []string{"ops: empty", "widths: empty"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%q is not reported in %v", field, err)
		}
	}
	own := chain.Config{Stem: 4, Layers: 1, Overrides: []chain.Override{{Layer: 1, Ops: []string{"conv3x3"}, Widths: []int{4}}}}
	if err := own.Validate(); err != nil {
		t.Errorf("every layer has its own sets: %v", err)
	}
}

func TestInputFaults(t *testing.T) {
	c := chains.Config(t, "basic")
	_, err := chain.New(c, space.Input{H: 0, W: 28, C: 0, Classes: 1})
	for _, field := range []string{"height: 0", "channels: 0", "classes: 1"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%q is not reported in %v", field, err)
		}
	}
	_, err = chain.New(c, space.Input{H: 2, W: 1, C: 1, Classes: 10})
	if err == nil || !strings.Contains(err.Error(), "downsample: layer 4 has an input of 1x1") {
		t.Errorf("halving one pixel: %v", err)
	}
}

func TestPresets(t *testing.T) {
	for _, p := range chain.Kind.Presets {
		for _, in := range []space.Input{{H: 28, W: 28, C: 1, Classes: 10}, {H: 32, W: 32, C: 3, Classes: 100}} {
			d := p.Declare()
			if f, err := d.Open(in); err != nil || d.Title() != p.Name || f.Space().Size() < 1e6 {
				t.Errorf("%s: title %q, error %v", p.Name, d.Title(), err)
			}
		}
	}
}
