package ops

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// simulate lets passes of c take so long by each way until total has gone by, and
// returns the share of it spent alone.
func simulate(c *Crew, now *time.Time, total time.Duration, together, alone func(i int) time.Duration) float64 {
	var spent, all time.Duration
	for i := 0; all < total; i++ {
		c.choose(*now)
		d := together(i)
		if c.alone {
			d = alone(i)
			spent += d
		}
		all += d
		*now = now.Add(d)
		c.note(d, *now)
	}
	return spent.Seconds() / all.Seconds()
}

func always(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }

func TestCrewFollowsTheFasterWay(t *testing.T) {
	var c Crew
	now := time.Now()
	check := func(what string, least, most float64, together, alone func(int) time.Duration) {
		t.Helper()
		if got := simulate(&c, &now, 2*time.Second, together, alone); got < least || got > most {
			t.Errorf("%s: %.3f of the time alone, want %v to %v", what, got, least, most)
		}
	}
	us := time.Microsecond
	check("alone is faster", 0.93, 1, always(300*us), always(200*us))
	check("together became faster", 0, 0.07, always(150*us), always(200*us))
	check("now and then a pass is held up", 0, 0.07, func(i int) time.Duration {
		if i%9 == 0 {
			return 5 * time.Millisecond
		}
		return 150 * us
	}, always(200*us))
	c = Crew{}
	check("long passes are shared", 0, 0, always(9*time.Millisecond), always(8*time.Millisecond))
}

// TestCrewKeepsBits runs passes until both ways have been used.
func TestCrewKeepsBits(t *testing.T) {
	e, err := NewExec(Config{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.Workers() == 1 {
		t.Skip("one processor")
	}
	p := NewDense("w", 32, 32, 3, 1)
	InitHe(p, rand.New(rand.NewPCG(1, 1)))
	x := make([]float32, 24*24*32)
	for i := range x {
		x[i] = float32(i%97) / 97
	}
	var c Crew
	var want []float32
	var ways [2]int
	for range 4 * (crewWarm + crewJudged) {
		e.Begin(false)
		c.Start(e)
		ways[c.way()]++
		y := Conv(e, e.Input(1, 24, 24, 32, x), ConvSpec{W: p.All(), S: 1, Pad: 1})
		c.Done(e)
		if e.Workers() != 2 {
			t.Fatalf("%d workers after a pass, want 2", e.Workers())
		}
		if want == nil {
			want = append(want, y.Data...)
		}
		for i, v := range y.Data {
			if math.Float32bits(v) != math.Float32bits(want[i]) {
				t.Fatalf("alone %v: output %d is %v, want %v", c.alone, i, v, want[i])
			}
		}
		c.tried = time.Time{} // the next trial may begin
	}
	if ways[0] == 0 || ways[1] == 0 {
		t.Errorf("passes by way: %v, want some of each", ways)
	}
}
