//go:build linux

package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestCommandRefuses(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"", "usage"},
		{"dance", "usage"},
		{"serve", "usage"},
		{"layers -classes none", `"none"`},
		{"layers -only (", "-only"},
		{"layers -only ^$", "leave no layer"},
		{"layers -passes forward,up", `"up"`},
		{"layers -passes train", `"train"`},
		{"layers -threads 0", `"0"`},
		{"layers -threads ,", "-threads"},
		{"layers -arms onednn", "must contain espalier"},
		{"layers -arms espalier,tea", `"tea"`},
		{"layers -rounds 0", "-rounds"},
		{"layers -table /nonexistent.csv", "nonexistent"},
		{"layers -by mean", `"mean"`},
		{"layers more", `"more"`},
		{"layers -build /nonexistent -arms espalier,onednn", "onednn"},
		{"layers -report", "samples.csv"},
		{"nets -only ^$", "leave no network"},
		{"nets -classes a", "classes"},
	} {
		args := strings.Fields(c.args)
		if len(args) > 1 {
			args = append(args, "-out", filepath.Join(t.TempDir(), "out"))
		}
		t.Setenv(fakeArm, "ok 1 1 1 1")
		err := command(t.Context(), args)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want one with %q", c.args, err, c.want)
		}
	}
}
