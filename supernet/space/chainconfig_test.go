package space

import (
	"strings"
	"testing"
)

// TestValidateReportsEveryFault checks one fault at a time, then all of them at once.
func TestValidateReportsEveryFault(t *testing.T) {
	cases := []struct {
		spoil func(*ChainConfig)
		want  string
	}{
		{func(c *ChainConfig) { c.Stem = 0 }, "stem: 0; want 2 to 4096"},
		{func(c *ChainConfig) { c.Head = -1 }, "head: -1; want 0 to 4096"},
		{func(c *ChainConfig) { c.Ops = append(c.Ops, "conv9x9") }, `ops: operation "conv9x9" is unknown; want one of conv1x1`},
		{func(c *ChainConfig) { c.Ops = append(c.Ops, "conv3x3") }, `ops: "conv3x3" is given twice`},
		{func(c *ChainConfig) { c.Widths = []int{16, 16} }, "widths: 16 follows 16; want rising"},
		{func(c *ChainConfig) { c.Activations = []string{"swish"} }, `activations: activation "swish" is unknown`},
		{func(c *ChainConfig) { c.Downsample = []int{2, 2} }, "downsample: layer 2 is given twice"},
		{func(c *ChainConfig) { c.Downsample = append(c.Downsample, 9) }, "downsample: 9; want 1 to 6"},
		{func(c *ChainConfig) { c.Forbid = append(c.Forbid, "pool") }, `forbid: "pool" has 1 operations`},
		{func(c *ChainConfig) { c.Forbid = append(c.Forbid, "pool poll") }, `"poll" names no operation`},
		{func(c *ChainConfig) { c.AtMost = map[string]int{"pull": 1} }, `at_most: "pull" names no operation`},
		{func(c *ChainConfig) { c.AtMost = map[string]int{"pool": -1} }, "at_most: pool: -1; want 0 to 6"},
		{func(c *ChainConfig) { c.Overrides = []LayerOverride{{Layer: 7, Widths: []int{8}}} }, "overrides: layer: 7; want 1 to 6"},
		{func(c *ChainConfig) { c.Overrides = []LayerOverride{{Layer: 1}} }, "overrides: layer 1: changes nothing"},
		{func(c *ChainConfig) { c.Overrides = []LayerOverride{{Layer: 2, Ops: []string{"no"}}} }, `overrides: layer 2: ops: operation "no"`},
	}
	good, err := Preset("basic")
	if err != nil {
		t.Fatal(err)
	}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		bad, err := Preset("basic")
		if err != nil {
			t.Fatal(err)
		}
		c.spoil(&bad)
		err = bad.Validate()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v; want %q", err, c.want)
			continue
		}
		if lines := strings.Count(err.Error(), "\n"); lines > 0 {
			t.Errorf("one fault, several lines: %v", err)
		}
		if ch, err := NewChain(bad, pictures); ch != nil || err == nil {
			t.Errorf("NewChain accepts %q", c.want)
		}
	}
	all := ChainConfig{
		Stem: -1, Head: -1, Layers: 2, Ops: []string{"x"}, Widths: []int{0}, Activations: []string{"y"},
		Downsample: []int{3}, Forbid: []string{"a"}, AtMost: map[string]int{"b": 9}, Overrides: []LayerOverride{{Layer: 5}},
	}
	err = all.Validate()
	for _, field := range []string{"stem:", "head:", "ops:", "widths:", "activations:", "downsample:", "forbid:", "at_most:", "overrides:"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not reported in\n%v", field, err)
		}
	}
}

func TestEmptyConfig(t *testing.T) {
	err := ChainConfig{}.Validate()
	for _, field := range []string{"stem: 0", "layers: 0"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%q is not reported in %v", field, err)
		}
	}
	err = ChainConfig{Stem: 4, Layers: 1}.Validate()
	for _, field := range []string{"ops: empty", "widths: empty"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%q is not reported in %v", field, err)
		}
	}
	own := ChainConfig{Stem: 4, Layers: 1, Overrides: []LayerOverride{{Layer: 1, Ops: []string{"conv3x3"}, Widths: []int{4}}}}
	if err := own.Validate(); err != nil {
		t.Errorf("every layer has its own sets: %v", err)
	}
}

func TestInputFaults(t *testing.T) {
	c, err := Preset("basic")
	if err != nil {
		t.Fatal(err)
	}
	_, err = NewChain(c, Input{0, 28, 0, 1})
	for _, field := range []string{"height: 0", "channels: 0", "classes: 1"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%q is not reported in %v", field, err)
		}
	}
	_, err = NewChain(c, Input{2, 1, 1, 10})
	if err == nil || !strings.Contains(err.Error(), "downsample: layer 4 has an input of 1x1") {
		t.Errorf("halving one pixel: %v", err)
	}
}

func TestPresets(t *testing.T) {
	for _, name := range PresetNames() {
		c, err := Preset(name)
		if err != nil || c.Name != name {
			t.Errorf("%s: %q, %v", name, c.Name, err)
		}
		for _, in := range []Input{{28, 28, 1, 10}, {32, 32, 3, 100}} {
			if _, err := NewChain(c, in); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := Preset("huge"); err == nil || !strings.Contains(err.Error(), "basic") {
		t.Errorf("got %v; want an error that lists the names", err)
	}
}
