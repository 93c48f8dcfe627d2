package config

import (
	"runtime"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space/families"
)

// Documents that would cost far more than their length are refused by one clear error.
func TestBombsAreRefused(t *testing.T) {
	var stairs strings.Builder
	for i := range 1000 {
		stairs.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	for name, c := range map[string]struct{ text, want string }{
		"nested lists":  {"a: " + strings.Repeat("[", maxFile), "nested deeper than 32"},
		"nested maps":   {strings.Repeat("{a: ", maxFile/4), "nested deeper than 32"},
		"nested dashes": {strings.Repeat("- ", maxFile/2), "nested deeper than 32"},
		"pairs":         {"a: [" + strings.Repeat("a: ", maxFile/4), "nested deeper than 32"},
		"closed first":  {strings.Repeat("]", 1000) + strings.Repeat("[", 1000), "nested deeper than 32"},
		"stairs":        {stairs.String(), "nested deeper than 32"},
		"blank text":    {"a: >" + strings.Repeat("\n", 60000), "more than 1000 blank lines"},
		"old Macs":      {"a: |" + strings.Repeat("\r", 60000), "more than 1000 blank lines"},
		"spaces":        {"a: |\n  x" + strings.Repeat("\n ", 30000), "more than 1000 blank lines"},
		"tags":          {"a: " + strings.Repeat("!!str ", 10000), "tag or directive; want the value itself"},
		"directives":    {strings.Repeat("%", 60000), "tag or directive; want the value itself"},
		"laughs":        {"a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n", "want the value itself"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Default()
			err := decode("f.yaml", []byte(c.text), &cfg)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "f.yaml: [") {
				t.Errorf("%.200v; want the place and %q", err, c.want)
			}
		})
	}
}

// Lines that hold something are no blank ones, whatever ends them.
func TestLinesAreNotBlank(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r"} {
		c := Default()
		text := strings.Repeat("# of a long document"+end, 2*maxBlank) + "seed: 7" + end
		if err := decode("f.yaml", []byte(text), &c); err != nil || c.Seed != 7 {
			t.Errorf("lines that end in %q: seed %d, %v", end, c.Seed, err)
		}
	}
}

// A document on one line, as JSON is, may have any number of keys side by side.
func TestKeysSideBySideAreNotNested(t *testing.T) {
	stage := `{"block": "plain", "widths": [8], "depths": [1, 2], "kernels": [3], "stride": 1}`
	text := `{"stages": {"stem": 8, "activation": "relu", "stages": [` + strings.Repeat(stage+", ", 11) + stage + `]}}`
	var s families.Space
	if err := decode("f.json", []byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if err := s.Declaration.Validate(); err != nil || s.Kind != "stages" {
		t.Errorf("%s, %v; want a space of stages", s.Kind, err)
	}
}

// FuzzConfig feeds documents of both kinds. None may cost more than a multiple of its length.
func FuzzConfig(f *testing.F) {
	f.Add("seed: 1\nbudget: 20m\ndata: {dir: pictures, size: 32}\nspace:\n  chain:\n    name: mine\n    ops: [conv3x3, identity]\n    widths: [16, 32]\n")
	f.Add("chain: {stem: 16, layers: 6}\n")
	f.Add("a: &a [x]\nb: [*a, *a]")
	f.Add("- [{a: [[[")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		cfg := Default()
		if err := decode("f", []byte(text), &cfg); err == nil {
			_ = cfg.Validate()
		}
		var s families.Space
		_ = decode("f", []byte(text), &s)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(4096*len(text)+32<<20) {
			t.Errorf("%d bytes allocated for a document of %d", got, len(text))
		}
	})
}
