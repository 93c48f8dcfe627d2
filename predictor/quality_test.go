package predictor

import (
	"fmt"
	"testing"
	"time"
)

// contender is a model judged on public data.
type contender struct {
	name  string
	fresh func(seed uint64) Predictor
}

// score is the mean over seeds of what one contender reaches on held-out rows.
type score struct {
	tau, rho, mape, rmse, w5, w10, cover, fit float64
}

// contest fits every contender on n rows of each seed and judges it on held
// rows. It prints one line each.
func contest(t *testing.T, p public, y []float64, cs []contender, n, held int, seeds uint64) map[string]score {
	t.Helper()
	out := make(map[string]score)
	for _, c := range cs {
		var s score
		note := ""
		for seed := range seeds {
			train, test := p.draw(n, held, seed)
			m := c.fresh(seed)
			start := time.Now()
			if err := m.Fit(pick(p.archs, train), pick(y, train)); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			s.fit += time.Since(start).Seconds() / float64(seeds)
			mean, std := m.Predict(pick(p.archs, test))
			truth := pick(y, test)
			w := 1 / float64(seeds)
			s.tau += w * Kendall(mean, truth)
			s.rho += w * Spearman(mean, truth)
			s.mape += w * MAPE(mean, truth)
			s.rmse += w * RMSE(mean, truth)
			s.w5 += w * Within(mean, truth, 0.05)
			s.w10 += w * Within(mean, truth, 0.10)
			s.cover += w * Coverage(mean, std, truth, 0.9)
			note += chosen(m)
		}
		t.Logf("%4d %-12s tau %.3f rho %.3f MAPE %5.2f%% RMSE %.3f within5 %.2f within10 %.2f cover90 %.2f fit %.0f ms%s",
			n, c.name, s.tau, s.rho, 100*s.mape, s.rmse, s.w5, s.w10, s.cover, 1000*s.fit, note)
		out[c.name] = s
	}
	return out
}

// chosen tells what a model has chosen for itself.
func chosen(p Predictor) string {
	switch m := p.(type) {
	case *FM:
		return fmt.Sprintf(" %s:%d", m.Warp(), m.Rank())
	case *Latency:
		return fmt.Sprintf(" %s:%d", m.Form(), m.Rank())
	}
	return ""
}

func TestAccuracyNB201(t *testing.T) {
	p := loadPublic(t, "nb201")
	in := nb201Inputs()
	plain := Inputs{Features: in.Features}
	named := func(name string, in Inputs, o Options) func(uint64) Predictor {
		return func(seed uint64) Predictor {
			o.Seed = seed
			return mustNew(t, name, in, o)
		}
	}
	cs := []contender{
		{"fm", named("fm", plain, Options{})},
		{"fm+flops", named("fm", Inputs{Features: in.Features, FLOPs: in.FLOPs}, Options{})},
		{"fm rank 0", named("fm", plain, Options{Ranks: []int{0}})},
		{"fm unwarped", named("fm", plain, Options{Warp: WarpNone})},
		{"ridge", named("ridge", in, Options{})},
		{"flops", named("flops", in, Options{})},
	}
	for _, n := range []int{50, 100, 200, 400} {
		contest(t, p, p.column["c10_test"], cs, n, 1000, 5)
	}
}

func TestLatencyPublic(t *testing.T) {
	for _, set := range []struct {
		name    string
		choices int
	}{{"nb201", 5}, {"fbnet", 9}} {
		p := loadPublic(t, set.name)
		in := Inputs{Features: oneHot(set.choices)}
		cs := []contender{
			{"latency", func(seed uint64) Predictor {
				m, err := NewLatency(nil, nil, in, Options{Seed: seed})
				if err != nil {
					t.Fatal(err)
				}
				return m
			}},
			{"fm", func(seed uint64) Predictor { return mustNew(t, "fm", in, Options{Seed: seed}) }},
			{"ridge", func(uint64) Predictor { return mustNew(t, "ridge", in, Options{}) }},
		}
		for dev, y := range p.column {
			if dev == "c10_test" {
				continue
			}
			y = clip(y, 1)
			t.Log(set.name, dev)
			for _, n := range []int{50, 200, 400} {
				contest(t, p, y, cs, n, 1000, 2)
			}
		}
	}
}

func clip(y []float64, floor float64) []float64 {
	out := make([]float64, len(y))
	for i, v := range y {
		out[i] = max(v, floor)
	}
	return out
}
