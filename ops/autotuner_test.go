package ops

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAutotunerKeepsBits runs passes until both ways have been used.
func TestAutotunerKeepsBits(t *testing.T) {
	e, err := NewExec(Config{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.Workers() == 1 {
		t.Skip("one processor")
	}
	p := NewDense("w", 16, 16, 3, 3, 1) // far below longPass, by plain loops and on a slow machine too
	InitHe(p, rand.New(rand.NewPCG(1, 1)))
	x := make([]float32, 12*12*16)
	for i := range x {
		x[i] = float32(i%97) / 97
	}
	var c Autotuner
	var want []float32
	ways := map[int]bool{}
	for range 100 {
		e.Begin(false)
		c.Start(e)
		ways[e.Workers()] = true
		y := Conv(e, e.Input(1, 12, 12, 16, x), ConvSpec{W: p.All(), S: 1, PadH: 1, PadW: 1})
		c.Done(e)
		if e.Workers() != 2 {
			t.Fatalf("%d workers after a pass, want 2", e.Workers())
		}
		if want == nil {
			want = append(want, y.Data...)
		}
		for i, v := range y.Data {
			if math.Float32bits(v) != math.Float32bits(want[i]) {
				t.Fatalf("output %d is %v, want %v", i, v, want[i])
			}
		}
	}
	if !ways[1] || !ways[2] {
		t.Errorf("numbers of workers: %v, want 1 and 2", ways)
	}
}
