package supernet

import (
	"runtime"
	"testing"

	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// inUse returns the bytes of the heap that something refers to.
func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// What is computed of the maps of training and of evaluating is what is in use after two steps and after two calibrations, of random
// networks of several families, but for the scratch of kernels and the rounding of large pieces.
func TestMapsAreComputed(t *testing.T) {
	for _, name := range []string{"chain", "resnet", "cell", "nb201", "ofa"} {
		t.Run(name, func(t *testing.T) { mapsAreComputed(t, name) })
	}
}

func mapsAreComputed(t *testing.T, name string) {
	const maps, beside, pictures = 32 << 20, 16 << 20, 200 // bytes, bytes
	preset, err := families.Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	family, err := preset.Open(space.Input{H: 32, W: 32, C: 3, Classes: 2})
	if err != nil {
		t.Fatal(err)
	}
	plan := family.Plan(family.Space().Random(newRand(5)))
	own, err := space.NewFixed(plan)
	if err != nil {
		t.Fatal(err)
	}
	o := TrainOptions{Batch: 1, Steps: 2, LR: 0.01}
	o.Batch = min(pictures, max(2, maps/int(TrainingBytes(plan, o))))
	set := &data.Set{H: 32, W: 32, C: 3, Classes: []string{"a", "b"}, Pix: make([]uint8, pictures*32*32*3), Labels: make([]uint16, pictures)}
	for i := range set.Pix {
		set.Pix[i] = uint8(i * i >> 3)
	}
	norm := data.Measure(set)
	check := func(what string, computed int64, pass func()) {
		before := inUse()
		pass()
		used := inUse() - before
		t.Logf("%s, %s: %.1f MiB computed, %.1f in use", name, what, float64(computed)/(1<<20), float64(used)/(1<<20))
		if used > computed+beside || float64(computed) > 1.25*float64(used) {
			t.Errorf("%s, %s: %d bytes computed, %d in use", name, what, computed, used)
		}
	}
	tr, err := NewTrainer(exec(t, 1), New(own, 1), set, norm, Single{Arch: own.Arch()}, o)
	if err != nil {
		t.Fatal(err)
	}
	check("training", TrainingBytes(plan, o), func() {
		if err := tr.Run(t.Context(), 2, nil); err != nil { // the second step makes one piece of all
			t.Fatal(err)
		}
	})
	batch := min(pictures, max(2, maps/int(EvaluationBytes(plan, 1, 0))))
	v, err := NewEvaluator(exec(t, 1), tr.net, set, set, norm, EvalOptions{Calibration: batch, Batch: batch, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	check("evaluating", EvaluationBytes(plan, batch, 0), func() {
		for range 2 {
			if _, err := v.Calibrate(t.Context(), own.Arch()); err != nil {
				t.Fatal(err)
			}
		}
	})
	runtime.KeepAlive(tr)
}
