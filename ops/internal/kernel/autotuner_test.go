package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// simulate lets passes of c take so long by each way until total has gone by, and
// returns the share of it spent single-threaded.
func simulate(c *Autotuner, now *time.Time, total time.Duration, together, alone func(i int) time.Duration) float64 {
	var spent, all time.Duration
	for i := 0; all < total; i++ {
		d := together(i)
		if c.SingleThreaded(*now, longPass) {
			d = alone(i)
			spent += d
		}
		all += d
		*now = now.Add(d)
		c.Note(d, *now)
	}
	return spent.Seconds() / all.Seconds()
}

func TestAutotunerFollowsTheFasterWay(t *testing.T) {
	var c Autotuner
	now := time.Now()
	always := func(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }
	check := func(what string, least, most float64, together, alone func(int) time.Duration) {
		t.Helper()
		if got := simulate(&c, &now, 2*time.Second, together, alone); got < least || got > most {
			t.Errorf("%s: %.3f of the time single-threaded, want %v to %v", what, got, least, most)
		}
	}
	us := time.Microsecond
	check("single-threaded is faster", 0.93, 1, always(150*us), always(100*us))
	check("shared became faster", 0, 0.1, always(75*us), always(100*us))
	check("now and then a pass is held up", 0, 0.1, func(i int) time.Duration {
		if i%9 == 0 {
			return 5 * time.Millisecond
		}
		return 75 * us
	}, always(100*us))
	c = Autotuner{}
	check("rare passes", 0.9, 1, always(190*us), always(150*us))
	c = Autotuner{}
	check("long passes are shared", 0, 0, always(time.Millisecond), always(800*us))
}

// TestAutotunersKeepBits repeats each pass of an engine by both ways in turns.
func TestAutotunersKeepBits(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	if p.Workers() == 1 {
		t.Skip("one processor")
	}
	c := Conv{N: 2, H: 30, W: 30, InC: 40, OutC: 48, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1}
	x, w, dy := operands(c.withDefaults(make([]float32, 1<<20), make([]float32, 1<<20), make([]float32, 1<<20)), rand.New(rand.NewPCG(5, 6)))
	for _, s := range sets() {
		if s.tiles == nil {
			continue
		}
		e := NewEngine(s, p)
		for pass, run := range map[string]func(out []float32){
			"forward":          func(out []float32) { e.Forward(c, x, w, out, Epilogue{}, Fusion{}) },
			"backward data":    func(out []float32) { e.BackwardData(c, dy, w, out, false, Fusion{}) },
			"backward weights": func(out []float32) { clear(out); e.BackwardWeights(c, x, dy, out, Fusion{}) },
		} {
			n := map[string]int{"forward": len(dy), "backward data": len(x), "backward weights": len(w)}[pass]
			out, want := make([]float32, n), make([]float32, n)
			run(want)
			for turn := range 4 + 2*tuneWarm {
				for _, tuner := range e.tuners {
					tuner.singleThreaded = turn%2 == 1
				}
				run(out)
				for i, v := range out {
					if math.Float32bits(v) != math.Float32bits(want[i]) {
						t.Fatalf("%s, %s: result %d is %v, want %v", s.Name, pass, i, v, want[i])
					}
				}
			}
		}
		if p.Workers() != 2 {
			t.Fatalf("%d workers after the passes, want 2", p.Workers())
		}
		if len(e.tuners) != 3 {
			t.Errorf("%s: %d tuners, want one for each pass", s.Name, len(e.tuners))
		}
		for k, tuner := range e.tuners {
			if tuner.took[0].n == 0 || tuner.took[1].n == 0 {
				t.Errorf("%s, pass %d: %d shared and %d single-threaded passes, want some of each", s.Name, k.pass, tuner.took[0].n, tuner.took[1].n)
			}
		}
	}
}
