package table

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/supernet/space"
)

// TestCoverage compares with areas of rectangles. The front is 0.2, 0.3 and 0.4 with 10, 20
// and 30 FLOPs, so the reference is 0.18 with 32.
func TestCoverage(t *testing.T) {
	table, err := Read(file(t, "four.csv", "genes,accuracy,flops\n00,0.2,10\n01,0.4,30\n10,0.3,20\n11,0.1,40\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCoverage(table, []string{"reward", "flops"})
	if err != nil {
		t.Fatal(err)
	}
	const whole = 0.02*22 + 0.1*12 + 0.1*2
	if c.front != 3 || math.Abs(c.whole-whole) > 1e-12 {
		t.Errorf("front of %d with area %v; want 3 with %v", c.front, c.whole, whole)
	}
	var trials []controller.Trial
	for _, genes := range [][]uint8{{0, 1}, {0, 0}, {1, 1}, {1, 0}} {
		r := table.rows[space.NewArch(genes)]
		trials = append(trials, controller.Trial{Reward: r.value, Cost: r.cost})
	}
	got, err := c.regret(trials)
	if err != nil {
		t.Fatal(err)
	}
	for i, left := range []float64{whole - 0.22*2, whole - 0.22*2 - 0.02*20, whole - 0.22*2 - 0.02*20, 0} {
		if math.Abs(got[i]-left/whole) > 1e-12 {
			t.Errorf("regret %v after %d networks; want %v", got[i], i+1, left/whole)
		}
	}
	if got[3] != 0 {
		t.Errorf("regret %v with the whole front; want 0", got[3])
	}
	if _, err := newCoverage(table, []string{"reward", "latency"}); err == nil || !strings.Contains(err.Error(), "traded") {
		t.Errorf("a table without latencies: error %v; want one that says that nothing is traded", err)
	}
}

// TestContestOfTradeOffs: strategies are told the objectives and are evaluated by them.
func TestContestOfTradeOffs(t *testing.T) {
	o := Options{
		Strategies: []string{"nsga2", "evolution"}, Evaluations: 80, Seeds: 8, Batch: 4, Seed: 1,
		Objectives: []string{"reward", "flops"}, Tuning: controller.DefaultStrategyOptions(0),
	}
	c, err := Run(context.Background(), hill(t, none), o)
	if err != nil {
		t.Fatal(err)
	}
	if c.Front < 5 || !slices.Equal(c.Objectives, o.Objectives) {
		t.Errorf("front of %d, objectives %v", c.Front, c.Objectives)
	}
	final := make(map[string]float64)
	for _, s := range c.Standings {
		final[s.Strategy] = s.Final()
		if s.Saved != 0 || s.Curve[0] > 1 || s.Final() < 0 || s.Final() > s.Curve[0] {
			t.Errorf("%s: saved %v, regret from %v to %v", s.Strategy, s.Saved, s.Curve[0], s.Final())
		}
	}
	if !(final["nsga2"] < final["evolution"]) || !(final["nsga2"] < final["random"]) {
		t.Errorf("regrets %v; want the least of what pursues both objectives", final)
	}
	if text := c.Text(); strings.Contains(text, "random needs") || !strings.Contains(text, "objectives reward, flops") {
		t.Errorf("text:\n%s", text)
	}
	checkPicture(t, c)
}
