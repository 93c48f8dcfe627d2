package search

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/search/report"
)

// heard notes what a search tells, and ends it when a phase begins.
type heard struct {
	mu     sync.Mutex
	phases []string
	open   int // phases that have begun and not ended
	most   float64
	until  string
	stop   context.CancelFunc
}

func (h *heard) Begin(phase string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.phases, h.open = append(h.phases, phase), h.open+1
	if phase == h.until {
		h.stop()
	}
}

func (h *heard) Update(s Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.Total > 0 {
		h.most = max(h.most, s.Done/s.Total)
	}
}

func (h *heard) End() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
}

// A search from Go tells its phases, can be ended in any of them, and goes on from its folder
// to what an uninterrupted one finds.
func TestDoTellsAndResumes(t *testing.T) {
	w := newWorld(t, asPredicted)
	var log bytes.Buffer
	whole := &heard{}
	want, err := Do(t.Context(), filepath.Join(w.dir, "whole"), w.cfg, Monitor{Log: slog.New(slog.NewTextHandler(&log, nil)), Events: whole})
	if err != nil {
		t.Fatal(err)
	}
	for _, phase := range []string{"train", "search", "finish"} {
		if !slices.Contains(whole.phases, phase) {
			t.Errorf("no phase %q among %q", phase, whole.phases)
		}
	}
	if whole.open != 0 || whole.most != 1 || !strings.Contains(log.String(), "finished") {
		t.Errorf("%d phases still open, at most %v done, log of %d bytes", whole.open, whole.most, log.Len())
	}
	if _, err := Do(t.Context(), filepath.Join(w.dir, "whole"), w.cfg, Monitor{}); err == nil {
		t.Error("a folder that holds a run is taken for a new one")
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	cut := &heard{until: "search", stop: stop}
	if _, err := Do(ctx, filepath.Join(w.dir, "cut"), w.cfg, Monitor{Events: cut}); !errors.Is(err, context.Canceled) {
		t.Fatalf("ended when the search began: %v", err)
	}
	if slices.Contains(cut.phases, "finish") {
		t.Errorf("a cancelled search goes on: %q", cut.phases)
	}
	got, err := Resume(t.Context(), filepath.Join(w.dir, "cut"), Monitor{})
	if err != nil {
		t.Fatal(err)
	}
	networks := func(r report.Report) (out []string) {
		for _, n := range r.Pareto {
			out = append(out, n.Arch)
		}
		return out
	}
	if diff := cmp.Diff(networks(want), networks(got)); diff != "" || len(networks(want)) == 0 {
		t.Errorf("networks of the resumed search (-whole +resumed):\n%s", diff)
	}
	if _, err := Resume(t.Context(), w.dir, Monitor{}); err == nil {
		t.Error("a folder without a run is resumed")
	}
	w.cfg.Train.LR = -1
	if _, err := Do(t.Context(), filepath.Join(w.dir, "bad"), w.cfg, Monitor{}); err == nil || !strings.Contains(err.Error(), "train.lr") {
		t.Errorf("a bad configuration: %v", err)
	}
}

// A verification needs no test pictures, tells of each architecture, and what it measures is
// rounding: more than nothing and less than its bound.
func TestVerifyOnARun(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.search("run")
	r, err := OpenTrained(filepath.Join(w.dir, "run"), Machine{}, Monitor{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	r.splits.Test = nil // whatever looks at it panics
	told := 0
	o := VerifyOptions{Count: 3, Pictures: 1 << 20, Interpreted: 2}
	v, err := r.Verify(t.Context(), o, func(done int) { told = done })
	if err != nil || told != 3 || v.Count != 3 || v.Pictures != r.splits.Val.Len() || v.Interpreted != 2 {
		t.Fatalf("%+v after %d architectures, %v", v, told, err)
	}
	if v.ONNX <= 0 || v.ONNX > Tolerance || v.Interpreter <= 0 || v.Interpreter > Tolerance {
		t.Errorf("differences %v and %v; want some, at most %v", v.ONNX, v.Interpreter, Tolerance)
	}
}
