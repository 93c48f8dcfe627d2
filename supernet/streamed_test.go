package supernet

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// shapesIn writes the shapes as picture files and reads them with so large a cache; 0: into
// memory.
func shapesIn(t *testing.T, dir string, cache int64) *data.Set {
	t.Helper()
	s := shapes(60, 1)
	for i := range s.Len() {
		m := image.NewNRGBA(image.Rect(0, 0, 9, 9))
		for p := range 81 {
			m.SetNRGBA(p%9, p/9, color.NRGBA{s.Image(i)[2*p], s.Image(i)[2*p+1], uint8(p), 255})
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, s.Classes[s.Labels[i]], fmt.Sprintf("%03d.png", i))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d, err := data.Open(dir, data.OpenOptions{Cache: cache})
	if err != nil || d.Train.Streamed() != (cache > 0) {
		t.Fatalf("cache %d: streamed %t, %v", cache, d.Train.Streamed(), err)
	}
	return d.Train
}

// Training, calibrating, evaluating and going on after an interruption give the same bits
// whether pictures are in memory or read from their files, for any number of workers; a file
// that is gone ends training and evaluating with its name.
func TestStreamedTrainingEqualsMemory(t *testing.T) {
	c, err := chain.New(chain.Config{
		Name: "small", Stem: 8, Layers: 2, Ops: []string{"conv3x3", "identity"}, Widths: []int{8, 12},
	}, space.Input{H: 9, W: 9, C: 3, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	memory := shapesIn(t, dir, 0)
	norm := data.Measure(memory)
	o := trainOptions
	o.Steps = 8 // more than two passes
	archs := []space.Arch{c.Extremes().Largest, c.Extremes().Smallest}
	start := func(set *data.Set, workers int) *Trainer {
		tr, err := NewTrainer(exec(t, workers), New(c, 3), set, norm, sampler(t, "uniform", c), o)
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	evaluate := func(tr *Trainer, set *data.Set) []Score {
		v, err := NewEvaluator(tr.exec, tr.net, set, set.Subset([]int{1, 5, 9, 20, 33}), norm, EvalOptions{Calibration: 30, Batch: 16, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		scores, err := v.Evaluate(context.Background(), archs)
		if err != nil {
			t.Fatal(err)
		}
		return scores
	}
	whole := start(memory, 1)
	run(t, whole, o.Steps)
	want := evaluate(whole, memory)
	for _, cache := range []int64{1, 20 * 243} {
		streamed := shapesIn(t, dir, cache)
		first, second := start(streamed, 2), start(streamed, 2)
		run(t, first, 3)
		path := filepath.Join(t.TempDir(), "supernet.msgpack")
		if err := first.Save(path, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := second.Load(path); err != nil {
			t.Fatal(err)
		}
		run(t, second, o.Steps)
		if got := evaluate(second, streamed); second.net.Hash() != whole.net.Hash() || !slices.Equal(got, want) {
			t.Errorf("cache %d: scores %v; want %v; weights the same: %t", cache, got, want, second.net.Hash() == whole.net.Hash())
		}
	}
	streamed := shapesIn(t, dir, 1)
	tr := start(streamed, 1)
	gone := filepath.Join(dir, "row", "000.png")
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if err := tr.Run(context.Background(), o.Steps, nil); err == nil || !strings.Contains(err.Error(), "000.png") || tr.Step() > 3 {
		t.Errorf("%d steps without a picture: %v", tr.Step(), err)
	}
	v, err := NewEvaluator(tr.exec, tr.net, memory, streamed, norm, EvalOptions{Calibration: 30, Batch: 16, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Evaluate(context.Background(), archs); err == nil || !strings.Contains(err.Error(), "000.png") {
		t.Errorf("evaluated without a picture: %v", err)
	}
	if _, err := NewEvaluator(tr.exec, tr.net, streamed, memory, norm, EvalOptions{Calibration: 60, Batch: 16, Seed: 1}); err == nil || !strings.Contains(err.Error(), "000.png") {
		t.Errorf("calibrated without a picture: %v", err)
	}
}
