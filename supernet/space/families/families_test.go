package families_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
	"github.com/espalier-nas/espalier/supernet/space/internal/conform"
)

// Every ready-made space keeps what a family must keep, for pictures of any kind.
func TestPresetsConform(t *testing.T) {
	for _, name := range families.Presets() {
		for _, in := range []space.Input{{H: 28, W: 28, C: 1, Classes: 10}, {H: 32, W: 32, C: 3, Classes: 100}, {H: 48, W: 64, C: 3, Classes: 6}} {
			f, err := families.Open(name, in)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			archs := conform.Family(t, f, rand.New(rand.NewPCG(1, 1)), 20)
			largest := f.Plan(f.Extremes().Largest)
			if end := largest[len(largest)-1].Layer; end.OutC != in.Classes || end.OutH() != 1 || end.OutW() != 1 {
				t.Errorf("%s ends in %v; want %d classes", name, end, in.Classes)
			}
			low := f.Plan(f.Extremes().Smallest).FLOPs()
			for _, a := range archs {
				if n := f.Plan(a).FLOPs(); n < low {
					t.Errorf("%s: %s has %d operations, the smallest %d", name, f.Space().Format(a), n, low)
				}
			}
		}
	}
}

// A document of every ready-made space is read back to the same space.
func TestDocuments(t *testing.T) {
	in := space.Input{H: 32, W: 32, C: 3, Classes: 10}
	for _, name := range families.Presets() {
		s := families.Space{Preset: name}
		if err := s.Resolve(); err != nil {
			t.Fatal(err)
		}
		text, err := yaml.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back families.Space
		if err := yaml.UnmarshalWithOptions(text, &back, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		if diff := cmp.Diff(s, back); diff != "" {
			t.Errorf("%s (-written +read):\n%s", name, diff)
		}
		a, err := s.Open(in)
		if err != nil {
			t.Fatal(err)
		}
		b, err := back.Open(in)
		if err != nil || a.Space().ID() != b.Space().ID() {
			t.Errorf("%s: the space read is another one: %v", name, err)
		}
	}
}

func TestBadDocuments(t *testing.T) {
	for text, want := range map[string]string{
		"{}":                               "has the keys []",
		"{preset: chain, nb201: {}}":       "want one of them",
		"tree: {}":                         "space.tree is unknown",
		`preset: ""`:                       "space.preset is empty; want one of [chain basic",
		"nb201: {channel: 3}":              "unknown field",
		"stages: {stem: 3, stages: wrong}": "stages",
	} {
		var s families.Space
		err := yaml.UnmarshalWithOptions([]byte(text), &s, yaml.Strict())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
	var none families.Space
	if err := none.Resolve(); err != nil || none.Kind != "chain" || none.Declaration.Title() != "chain" {
		t.Errorf("nothing stands for %+v, %v; want the default, chain", none, err)
	}
	unknown := families.Space{Preset: "tree"}
	if err := unknown.Resolve(); err == nil || !strings.Contains(err.Error(), "want one of [chain basic") {
		t.Errorf("%v; want the names of presets", err)
	}
	if _, err := (families.Space{}).Open(space.Input{}); err == nil {
		t.Error("a space that is not resolved is opened")
	}
	s, err := families.Preset("resnet")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(space.Input{}); err == nil || !strings.Contains(err.Error(), "space.stages") || !strings.Contains(err.Error(), "input height") {
		t.Errorf("%v; want the kind and the faults of the input", err)
	}
}
