package bench_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/bench/nets"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// slicedLayers are those of the table that are timed and checked as slices.
var slicedLayers = []string{"d3x3_32_16_b64", "d3x3_24-40_16_b64", "pw_96-24_16_b64", "dw3_96_32_b1", "dw5_144_16_b64", "d3x3_64_8_b1"}

// TestSlicedLayersKeepBits demands that what BenchmarkSlicedLayer compares is
// the same work: outputs and gradients of a slice have the bits of a weight of
// its own.
func TestSlicedLayersKeepBits(t *testing.T) {
	e := newExec(t, "", 2)
	checked := 0
	for _, l := range layers(t) {
		if !slices.Contains(slicedLayers, l.Name) {
			continue
		}
		checked++
		d := &layerData{layer: l}
		var want, got [][]float32
		for _, pass := range passes {
			d.run(e, pass)()
		}
		want = append(want, slices.Clone(d.y), slices.Clone(d.dx), d.w.ExportGrad(nil))
		d.w = sliceOfLarger(d.w)
		for _, pass := range passes {
			d.run(e, pass)()
		}
		got = append(got, d.y, d.dx, d.w.ExportGrad(nil))
		for i, pass := range passes {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("%s, %s: a slice gives other bits than a weight of its own", l.Name, pass.name)
			}
		}
	}
	if checked != len(slicedLayers) {
		t.Errorf("%d layers of %d are in the table", checked, len(slicedLayers))
	}
}

// BenchmarkSlicedLayer times passes on a slice of a larger weight (first
// channels, centre of the kernel) in turns with the same pass on a weight of its
// own. sliced/alone, the median over the rounds, is 1 if slicing costs nothing;
// best-sliced/alone compares the fastest runs, which a busy machine disturbs less.
func BenchmarkSlicedLayer(b *testing.B) {
	e := newExec(b, "", 1)
	for _, l := range layers(b) {
		if !slices.Contains(slicedLayers, l.Name) {
			continue
		}
		alone := &layerData{layer: l}
		for _, pass := range passes {
			b.Run(fmt.Sprintf("%s/%s/%s", l.Class, l.Name, pass.name), func(b *testing.B) {
				own := alone.run(e, pass)
				sliced := *alone
				sliced.w = sliceOfLarger(alone.w)
				comparePair(b, sliced.run(e, pass), own)
			})
		}
	}
}

// sliceOfLarger returns a window with the values of w out of a weight of twice
// the channels and a larger kernel.
func sliceOfLarger(w ops.Window) ops.Window {
	var large *ops.Param
	if w.P.Layout == ops.DepthwiseLayout {
		large = ops.NewDepthwise("large", 2*w.OutC, w.KH+2, w.KW+2)
	} else {
		large = ops.NewDense("large", 2*w.OutC, 2*w.InC, w.KH+2, w.KW+2, 1)
	}
	ops.InitHe(large, rand.New(rand.NewPCG(2, 2)))
	s := ops.Window{P: large, OutC: w.OutC, KH: w.KH, KW: w.KW, InC: w.InC}
	if err := s.Import(w.Export(nil)); err != nil {
		panic(err)
	}
	return s
}

// BenchmarkSlicedNetwork trains a subnet of ofa32 in turns with the network that
// was extracted from it. The share of a step that is spent on slicing is reported
// as slicing-%.
func BenchmarkSlicedNetwork(b *testing.B) {
	for _, e := range newExecs(b) {
		for _, in := range inputs {
			f := newOFA32(b, in)
			batch := nets.RandomBatch(trainBatch, in.channels, in.size, 1)
			for i, a := range []space.Arch{f.Extremes().Smallest, f.Drawn()} {
				b.Run(fmt.Sprintf("ofa32-%s/%s/w%d", [...]string{"min", "random"}[i], in, e.Workers()), func(b *testing.B) {
					n := supernet.New(f, 1)
					own := n.Extract(a, "")
					alone := own.Family().(*space.Fixed).Arch()
					comparePair(b,
						trainViews(e, batch, n, [][]space.Arch{{a}}).step,
						trainViews(e, batch, own, [][]space.Arch{{alone}}).step)
				})
			}
		}
	}
}

// comparePair times sliced and alone in turns and reports the median ratio.
func comparePair(b *testing.B, sliced, alone func()) {
	p := newPairs(sliced, alone)
	p.loop(b)
	r := p.ratio()
	b.ReportMetric(r, "sliced/alone")
	b.ReportMetric(100*(1-1/r), "slicing-%")
	b.ReportMetric(p.best(0)/p.best(1), "best-sliced/alone")
	b.ReportMetric(p.median(0)*1e9, "ns/op")
}
