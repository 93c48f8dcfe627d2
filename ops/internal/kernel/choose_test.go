package kernel

import (
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"
)

// TestTheBestSetIsChosen fails when a machine's fast kernels were silently not
// selected, or when ESPALIER_KERNEL in the environment of the test is not obeyed.
func TestTheBestSetIsChosen(t *testing.T) {
	s, err := Choose("")
	if want := os.Getenv("ESPALIER_KERNEL"); want != "" {
		if err != nil || s.Name != want {
			t.Fatalf("ESPALIER_KERNEL=%s is not obeyed: got %v, %v", want, s, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	want := "go"
	if runtime.GOARCH == "amd64" && !purego {
		x := cpu.X86
		switch {
		case x.HasAVX512F && x.HasAVX512VL && x.HasAVX512BW && x.HasAVX512DQ:
			want = "avx512"
		case x.HasAVX2 && x.HasFMA:
			want = "avx2"
		}
	}
	if s.Name != want {
		t.Fatalf("the machine's best kernels are %s, chosen are %s", want, s.Name)
	}
}

func TestChooseByName(t *testing.T) {
	for _, s := range Available() {
		t.Setenv("ESPALIER_KERNEL", "go")
		if got, err := Choose(s.Name); err != nil || got.Name != s.Name {
			t.Errorf("Choose(%q) = %v, %v", s.Name, got, err)
		}
		t.Setenv("ESPALIER_KERNEL", s.Name)
		if got, err := Choose(""); err != nil || got.Name != s.Name {
			t.Errorf("ESPALIER_KERNEL=%s: got %v, %v", s.Name, got, err)
		}
	}
}

// A set without Winograd's algorithm is chosen by its name, or as that of the best, and is otherwise the same.
func TestDirectSets(t *testing.T) {
	t.Setenv("ESPALIER_KERNEL", "")
	best := Available()[0]
	if got, err := Choose(Direct); err != nil || got.Name != best.Direct().Name {
		t.Errorf("direct kernels: %v, %v; want %s", got, err, best.Direct().Name)
	}
	c := Conv{N: 2, H: 12, W: 12, InC: 16, OutC: 24, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}
	x, w, dy := operands(c, rand.New(rand.NewPCG(31, 32)))
	p := NewPool(1)
	defer p.Close()
	for _, s := range Available() {
		if s.tiles == nil {
			if s.Direct() != s {
				t.Errorf("%s has a set without what it never has", s.Name)
			}
			continue
		}
		d, err := Choose(s.Name + "-direct")
		if err != nil {
			t.Fatal(err)
		}
		e, same := NewEngine(d, p), NewEngine(direct(s), p) // of a layer that has no rows
		if d.Name != s.Name+"-direct" || d.Vec() != s.Vec() || winogradOf(e, c, plainForward) != nil || winogradOf(NewEngine(s, p), c, plainForward) == nil {
			t.Errorf("%s: takes Winograd's algorithm, or other loops over elements", d.Name)
		}
		for pass, run := range []func(e *Engine, out []float32){
			func(e *Engine, out []float32) { e.Forward(c, x, w, out, Epilogue{}, Fusion{}) },
			func(e *Engine, out []float32) { e.BackwardData(c, dy, w, out, false, Fusion{}) },
			func(e *Engine, out []float32) { e.BackwardWeights(c, x, dy, out, Fusion{}) },
		} {
			n := []int{len(dy), len(x), len(w)}[pass]
			got, want := make([]float32, n), make([]float32, n)
			run(e, got)
			run(same, want)
			if !slices.Equal(got, want) {
				t.Errorf("%s, pass %d: other bits than the direct kernels'", d.Name, pass)
			}
		}
	}
}

func TestChooseUnknown(t *testing.T) {
	t.Setenv("ESPALIER_KERNEL", "sse9")
	for source, name := range map[string]string{"ESPALIER_KERNEL": "", `"avx"`: "avx"} {
		_, err := Choose(name)
		if err == nil {
			t.Fatalf("Choose(%q) chose something", name)
		}
		for _, part := range append(names(), source) {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("error %q does not mention %s", err, part)
			}
		}
	}
}

func names() (n []string) {
	for _, s := range Available() {
		n = append(n, s.Name)
	}
	return n
}

// TestWinogradIsTaken checks the rule, and by their bits that layers take the
// path that it names: the direct one sums in another order.
func TestWinogradIsTaken(t *testing.T) {
	for _, k := range []struct {
		name string
		c    Conv
		taps int // of the form, 0 for none
	}{
		{"3x3", Conv{InC: 16, OutC: 16, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1}, 3},
		{"3x3 of odd channels, unpadded", Conv{InC: 23, OutC: 41, KH: 3, KW: 3, S: 1}, 3},
		{"5x5", Conv{InC: 32, OutC: 24, KH: 5, KW: 5, S: 1, PadH: 2, PadW: 2}, 5},
		{"first layer", Conv{InC: 3, OutC: 16, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1}, 0},
		{"few outputs", Conv{InC: 64, OutC: 10, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1}, 0},
		{"many channels", Conv{InC: 512, OutC: 144, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1}, 0},
		{"stride 2", Conv{InC: 16, OutC: 16, KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1}, 0},
		{"dilated", Conv{InC: 16, OutC: 16, KH: 3, KW: 3, S: 1, PadH: 2, PadW: 2, Dil: 2}, 0},
		{"grouped", Conv{InC: 32, OutC: 32, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, G: 2}, 0},
		{"nine taps in a row", Conv{InC: 32, OutC: 32, KH: 1, KW: 9, S: 1, PadW: 4}, 0},
		{"3x3, padded one way", Conv{InC: 32, OutC: 32, KH: 3, KW: 3, S: 1, PadW: 1}, 3},
		{"pointwise", Conv{InC: 32, OutC: 32, KH: 1, KW: 1, S: 1}, 0},
		{"depthwise", Conv{InC: 32, OutC: 32, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, G: 32, WC: 32}, 0},
	} {
		c := k.c
		c.N, c.H, c.W, c.Dil, c.G = 2, 9, 10, max(c.Dil, 1), max(c.G, 1)
		engines(t, 1, func(t *testing.T, e *Engine) {
			if e.Set.tiles == nil || e.Set.tiles.wino3.taps < 0 {
				return
			}
			x, w, dy := operands(c, rand.New(rand.NewPCG(21, 22)))
			r, got := c.withDefaults(x, w, dy).forward(nil), 0
			if f := e.Set.tiles.winograd(&r); f != nil {
				got = f.taps
			}
			if got != k.taps {
				t.Errorf("%s: the rule gives the form of %d taps; want %d", k.name, got, k.taps)
			}
			y1, dx1, dw1 := results(e, c, x, w, dy)
			y2, dx2, dw2 := results(NewEngine(direct(e.Set), e.Pool), c, x, w, dy)
			for pass, same := range map[string]bool{"forward": sameBits(y1, y2), "backward data": sameBits(dx1, dx2), "backward weights": sameBits(dw1, dw2)} {
				if same == (k.taps > 0) {
					t.Errorf("%s: %s has the bits of the direct path: %t", k.name, pass, same)
				}
			}
		})
	}
}
