package supernet

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// eachPreset calls f with small and random networks of every ready-made space.
func eachPreset(t *testing.T, f func(name string, family space.Family, a space.Arch)) {
	t.Helper()
	for _, name := range families.Presets() {
		if name == "ofa-224" {
			continue // ofa has its layers
		}
		preset, err := families.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		family, err := preset.Open(space.Input{H: 32, W: 32, C: 3, Classes: 7})
		if err != nil {
			t.Fatal(err)
		}
		r := newRand(3)
		for _, a := range []space.Arch{family.Extremes().Smallest, family.Extremes().Narrow, family.Space().Random(r)} {
			f(name, family, a)
		}
	}
}

// The size of a network's file is known from its plan, to the byte, in every family.
func TestNetworkSizeIsThatOfTheFile(t *testing.T) {
	eachPreset(t, func(name string, family space.Family, a space.Arch) {
		plan := family.Plan(a)
		n, err := NewNetwork(plan, 1)
		if err != nil {
			t.Fatal(err)
		}
		n.label = Label{
			Arch: family.Space().Format(a), SpaceID: family.Space().ID(), Classes: []string{"a", "b<", "ü", "d", "e", "f", "g"},
			Mean: []float32{0.1, 1. / 3, 0}, Std: []float32{1, 0.25, 1. / 7}, View: &data.View{Fit: "crop", Background: "#ffffff"},
		}
		path := filepath.Join(t.TempDir(), "network.msgpack")
		if err := n.Save(path); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := NetworkSize(plan, n.label); err != nil || got != info.Size() {
			t.Errorf("%s, %s: %d bytes, %v; the file has %d", name, n.label.Arch, got, err, info.Size())
		}
	})
}

// What a plan says of the memory of its maps is what is alive when networks are served: as
// much where every step is computed alone, no more where sums are computed in place.
func TestMapsAliveAreThoseOfThePlan(t *testing.T) {
	e := exec(t, 1)
	equal := 0
	eachPreset(t, func(name string, family space.Family, a space.Arch) {
		plan := family.Plan(a)
		n, err := NewNetwork(plan, 1)
		if err != nil {
			t.Fatal(err)
		}
		e.Begin(false)
		got, want := alive(n, e), plan.PeakActivations()
		if got > want {
			t.Errorf("%s, %s: %d bytes of maps are alive; the plan says %d", name, family.Space().Format(a), got, want)
		}
		if got == want {
			equal++
		}
		if alone := !slices.ContainsFunc(n.Plan(), func(s space.Step) bool { return len(s.In) > 1 }); alone && got != want {
			t.Errorf("%s, %s: %d bytes of maps are alive; the plan, a line, says %d", name, family.Space().Format(a), got, want)
		}
	})
	if equal == 0 {
		t.Error("no network needs what its plan says")
	}
}

// alive serves one picture and returns the bytes of all different maps that somebody still
// reads, at most.
func alive(n *Network, e *ops.Exec) int64 {
	h, w, c := n.Input()
	x := e.Input(1, h, w, c, noise(h*w*c))
	p, s := &n.passes[0], n.view
	image := -1
	for i, step := range s.plan {
		if slices.Contains(step.In, space.Image) {
			image = i
		}
	}
	var peak int64
	for i := range s.plan {
		p.outs = append(p.outs, s.step(e, p, i, x, n.stats, ops.NormRunning))
		maps := map[*float32]int64{}
		for j, o := range p.outs {
			if o != nil && (j == i || n.last[j] >= i) {
				maps[&o.Data[0]] = 4 * int64(o.Len())
			}
		}
		if image >= i {
			maps[&x.Data[0]] = 4 * int64(x.Len())
		}
		sum := int64(0)
		for _, bytes := range maps {
			sum += bytes
		}
		peak = max(peak, sum)
	}
	return peak
}
