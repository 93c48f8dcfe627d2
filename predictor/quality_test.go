package predictor

import (
	"fmt"
	"testing"
	"time"
)

// contender is a model evaluated on public data.
type contender struct {
	name  string
	fresh func(seed uint64) Predictor
}

// score is the mean over seeds of what one contender reaches on held-out rows.
type score struct {
	tau, rho, mape, rmse, w5, w10, cover, fit float64
}

// contest fits every contender on n rows of each seed and evaluates it on held
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

// TestAccuracyNB201 learns accuracies of NAS-Bench-201 from few networks and
// ranks 1000 others. Run with -v for the table.
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
		s := contest(t, p, p.column["c10_test"], cs, n, 1000, 3)
		best := s["fm+flops"]
		atLeast(t, n, "fm over ridge", s["fm"].tau, s["ridge"].tau+0.1)
		atLeast(t, n, "fm over its additive part", s["fm"].tau, s["fm rank 0"].tau-0.01)
		atLeast(t, n, "fm with FLOPs over fm", best.tau, s["fm"].tau-0.01)
		atLeast(t, n, "fm with FLOPs over ridge, share within 5 %", best.w5, s["ridge"].w5+0.1)
		atLeast(t, n, "calibration", best.cover, 0.8)
		switch n {
		case 50: // 30 weights from 50 networks: one good number is hard to beat
			atLeast(t, n, "fm with FLOPs over FLOPs", best.tau, s["flops"].tau-0.05)
		case 400:
			atLeast(t, n, "fm over its additive part", s["fm"].tau, s["fm rank 0"].tau+0.07)
			atLeast(t, n, "fm with FLOPs over FLOPs", best.tau, s["flops"].tau+0.12)
		default:
			atLeast(t, n, "fm with FLOPs over FLOPs", best.tau, s["flops"].tau+0.03)
		}
	}
}

func atLeast(t *testing.T, n int, what string, got, want float64) {
	t.Helper()
	if !(got >= want) {
		t.Errorf("%d networks, %s: %.3f; want at least %.3f", n, what, got, want)
	}
}

// TestLatencyPublic learns latencies of real devices without a layer table.
// Some are additive, where interactions must cost nothing; on the phones they
// must pay. Run with -v for the table.
func TestLatencyPublic(t *testing.T) {
	for _, c := range []struct {
		set, device string
		choices     int
		pays        bool
	}{
		{"nb201", "silver_4114", 5, false},
		{"nb201", "pixel3", 5, true},
		{"fbnet", "gold_6240", 9, false},
		{"fbnet", "samsung_a50", 9, true},
	} {
		p := loadPublic(t, c.set)
		in := Inputs{Features: oneHot(c.choices)}
		cs := []contender{
			{"latency", func(seed uint64) Predictor {
				m, err := NewLatency(nil, nil, in, Options{Seed: seed})
				if err != nil {
					t.Fatal(err)
				}
				return m
			}},
			{"ridge", func(uint64) Predictor { return mustNew(t, "ridge", in, Options{}) }},
		}
		// A few cells on pixel3 compile to nothing and are measured near zero.
		y := clip(p.column[c.device], 1)
		for _, n := range []int{50, 200} {
			t.Log(c.set, c.device)
			s := contest(t, p, y, cs, n, 1000, 2)
			atLeast(t, n, c.device+", MAPE of ridge over ours", s["ridge"].mape, 0.95*s["latency"].mape)
			atLeast(t, n, c.device+", tau", s["latency"].tau, s["ridge"].tau-0.05)
			atLeast(t, n, c.device+", calibration", s["latency"].cover, 0.8)
			if c.pays && n == 200 {
				atLeast(t, n, c.device+", MAPE of ridge over ours", s["ridge"].mape, 1.1*s["latency"].mape)
				atLeast(t, n, c.device+", tau", s["latency"].tau, s["ridge"].tau)
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
