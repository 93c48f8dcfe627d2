package predictor

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/supernet/space"
	spacechain "github.com/espalier-nas/espalier/supernet/space/chain"
)

// machineRoom is a made-up computer: layers cost work and overhead, and a
// network costs more than its layers, by an overhead, a factor, and a penalty
// wherever a layer's output is large.
type machineRoom struct {
	chain *spacechain.Family
	table map[space.Layer]float64 // measured times, 2 % off
}

func newMachineRoom(t testing.TB, missing int) machineRoom {
	t.Helper()
	config := spacechain.Config{
		Name: "machine room", Stem: 16, Head: 128, Layers: 8,
		Ops:    []string{"conv3x3", "conv5x5", "sep3x3", "sep5x5", "maxpool3x3", "avgpool3x3", "identity"},
		Widths: []int{16, 24, 32, 48, 64}, Skips: true, Activations: []string{"relu"},
		Downsample: []int{2, 5}, Forbid: []string{"pool pool"},
	}
	chain, err := spacechain.New(config, space.Input{H: 28, W: 28, C: 1, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	room := machineRoom{chain, make(map[space.Layer]float64)}
	r := rand.New(rand.NewPCG(1, 1))
	for range 400 {
		for _, s := range chain.Plan(chain.Space().Random(r)) {
			if _, ok := room.table[s.Layer]; !ok {
				room.table[s.Layer] = layerSeconds(s.Layer) * (1 + 0.02*r.NormFloat64())
			}
		}
	}
	layers := make([]space.Layer, 0, len(room.table))
	for l := range room.table {
		layers = append(layers, l)
	}
	slices.SortFunc(layers, func(a, b space.Layer) int { return strings.Compare(a.String(), b.String()) })
	for _, i := range r.Perm(len(layers))[:missing] {
		delete(room.table, layers[i])
	}
	return room
}

// layerSeconds is the true time of a layer alone.
func layerSeconds(l space.Layer) float64 {
	rate := 60e9
	if l.Op == space.Conv && l.G > 1 {
		rate = 8e9
	}
	return 3e-6 + float64(l.FLOPs())/rate
}

// seconds is the true time of a whole network.
func (m machineRoom) seconds(a space.Arch) float64 {
	total := 40e-6
	for _, s := range m.chain.Plan(a) {
		t := layerSeconds(s.Layer)
		if bytes := 4 * s.Layer.OutH() * s.Layer.OutW() * s.Layer.OutC; bytes > 100_000 {
			t *= 1.4
		}
		total += 1.1 * t
	}
	return total
}

func (m machineRoom) draw(n int, noise float64, seed uint64) ([]space.Arch, []float64) {
	r := rand.New(rand.NewPCG(seed, 2))
	archs, y := make([]space.Arch, n), make([]float64, n)
	for i := range archs {
		archs[i] = m.chain.Space().Random(r)
		y[i] = m.seconds(archs[i]) * math.Exp(noise*r.NormFloat64())
	}
	return archs, y
}

func (m machineRoom) lookup(l space.Layer) (float64, bool) {
	t, ok := m.table[l]
	return t, ok
}

func (m machineRoom) inputs() Inputs { return FamilyInputs(m.chain) }

func (m machineRoom) latency(t testing.TB, seed uint64) *Latency {
	t.Helper()
	p, err := NewLatency(m.chain.Plan, m.lookup, m.inputs(), Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLookupSumsAndNamesMissing(t *testing.T) {
	room := newMachineRoom(t, 40)
	p := room.latency(t, 0)
	archs, _ := room.draw(20, 0, 1)
	lacking := 0
	for _, a := range archs {
		var want float64
		var absent []space.Layer
		for _, s := range room.chain.Plan(a) {
			if v, ok := room.table[s.Layer]; ok {
				want += v
			} else {
				absent = append(absent, s.Layer)
			}
		}
		sum, missing := p.Lookup(a)
		if sum != want {
			t.Errorf("sum %v; want %v", sum, want)
		}
		if d := cmp.Diff(absent, missing); d != "" {
			t.Errorf("missing layers (-want +got):\n%s", d)
		}
		lacking += len(missing)
	}
	if lacking == 0 {
		t.Error("no layer was missing: nothing tested")
	}
}

// TestLatencyBeatsItsParts compares the whole model with the plain sum, with
// the table-free low-rank model, with ridge and with FLOPs, on networks that
// none has seen.
func TestLatencyBeatsItsParts(t *testing.T) {
	for _, missing := range []int{0, 30} {
		room := newMachineRoom(t, missing)
		fresh, truth := room.draw(400, 0, 2)
		evaluate := func(what string, n int, mean []float64) score {
			s := score{tau: Kendall(mean, truth), mape: MAPE(mean, truth), w5: Within(mean, truth, 0.05), w10: Within(mean, truth, 0.10)}
			t.Logf("%2d layers missing, %3d networks, %-24s tau %.3f MAPE %5.2f%% within5 %.2f within10 %.2f", missing, n, what, s.tau, 100*s.mape, s.w5, s.w10)
			return s
		}
		for _, n := range []int{12, 40, 150} {
			archs, y := room.draw(n, 0.01, 1)
			learn := func(what string, p Predictor) score {
				if err := p.Fit(archs, y); err != nil {
					t.Fatal(err)
				}
				mean, _ := p.Predict(fresh)
				return evaluate(what+chosen(p), n, mean)
			}
			whole := room.latency(t, 1)
			got := learn("latency", whole)
			sum := make([]float64, len(fresh))
			for i, a := range fresh {
				sum[i], _ = whole.Lookup(a)
			}
			for _, twin := range []score{
				evaluate("sum of the table", n, sum),
				learn("fm", mustNew(t, "fm", room.inputs(), Options{})),
				learn("ridge", mustNew(t, "ridge", room.inputs(), Options{})),
				learn("flops", mustNew(t, "flops", room.inputs(), Options{})),
			} {
				atLeast(t, n, "twin's MAPE over ours", twin.mape, got.mape)
				atLeast(t, n, "tau", got.tau, twin.tau-0.01)
			}
			if n == 150 && (got.mape > 0.05 || got.tau < 0.9) {
				t.Errorf("%d networks: MAPE %v, tau %v; want below 5 %%, above 0.9", n, got.mape, got.tau)
			}
		}
	}
}

func TestFitBase(t *testing.T) {
	sum := []float64{1, 2, 3, 4}
	for _, c := range []struct {
		name            string
		y               []float64
		overhead, slope float64
	}{
		{"line", []float64{3.5, 5, 6.5, 8}, 2, 1.5},
		{"line through less than nothing", []float64{0.5, 2, 3.5, 5}, 0, math.NaN()},
		{"falling", []float64{4, 3, 2, 1}, math.NaN(), 0},
	} {
		b := fitBase(sum, c.y)
		if off(b.Overhead, c.overhead) || off(b.Slope, c.slope) {
			t.Errorf("%s: overhead %v, slope %v; want %v, %v", c.name, b.Overhead, b.Slope, c.overhead, c.slope)
		}
		if b.Overhead < 0 || b.Slope < 0 || b.at(0) <= 0 {
			t.Errorf("%s: %+v can predict nothing or less", c.name, b)
		}
		if e := relativeError(b, sum, c.y); e > relativeError(base{b.Overhead + 1e-4, b.Slope, b.Floor}, sum, c.y) ||
			e > relativeError(base{b.Overhead, b.Slope + 1e-4, b.Floor}, sum, c.y) {
			t.Errorf("%s: %+v is not the best", c.name, b)
		}
	}
	if b := fitBase([]float64{0, 0}, []float64{1, 1}); b.Slope != 0 || off(b.at(0), 1) {
		t.Errorf("no sums: %+v; want a constant 1", b)
	}
}

func off(got, want float64) bool { return math.Abs(got-want) > 1e-9 } // false where want is NaN

func relativeError(b base, sum, y []float64) float64 {
	var s float64
	for i, v := range y {
		e := b.at(sum[i])/v - 1
		s += e * e
	}
	return s
}

func TestLatencyFewMeasurements(t *testing.T) {
	room := newMachineRoom(t, 0)
	archs, y := room.draw(4, 0, 1)
	fresh, truth := room.draw(300, 0, 2)
	p := room.latency(t, 1)
	if err := p.Fit(archs, y); err != nil {
		t.Fatal(err)
	}
	if p.Form() != "plain" || p.Rank() != 0 {
		t.Errorf("form %q, rank %d from 4 networks; want the plain sum", p.Form(), p.Rank())
	}
	m, s := p.Predict(fresh)
	if e := MAPE(m, truth); e > 0.12 {
		t.Errorf("MAPE %v; want the table to carry 4 measurements below 12 %%", e)
	}
	for i := range m {
		if !(m[i] > 0) || !(s[i] > 0) {
			t.Fatalf("prediction %d is %v +- %v; want positive seconds", i, m[i], s[i])
		}
	}
}

func TestLatencyErrors(t *testing.T) {
	room := newMachineRoom(t, 0)
	archs, y := room.draw(6, 0, 1)
	zero := slices.Clone(y)
	zero[2] = 0
	p := room.latency(t, 0)
	for name, c := range map[string]struct {
		archs []space.Arch
		y     []float64
		want  string
	}{
		"few":     {archs[:3], y[:3], "3 examples; want at least 4"},
		"lengths": {archs, y[:5], "6 architectures with 5 values"},
		"zero":    {archs, zero, "value 2 is 0; want seconds, at least 1e-10"},
	} {
		if err := p.Fit(c.archs, c.y); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v; want one with %q", name, err, c.want)
		}
	}
	nan := func(space.Layer) (float64, bool) { return math.NaN(), true }
	p, err := NewLatency(room.chain.Plan, nan, room.inputs(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Fit(archs, y); err == nil || !strings.Contains(err.Error(), "table sum of architecture 0 is NaN") {
		t.Errorf("bad table: error %v", err)
	}
	for name, make := range map[string]func() (*Latency, error){
		"no features":   func() (*Latency, error) { return NewLatency(nil, nil, Inputs{}, Options{}) },
		"plan, table":   func() (*Latency, error) { return NewLatency(room.chain.Plan, nil, room.inputs(), Options{}) },
		"Options.Warp":  func() (*Latency, error) { return NewLatency(nil, nil, room.inputs(), Options{Warp: WarpLog}) },
		"Options.Ranks": func() (*Latency, error) { return NewLatency(nil, nil, room.inputs(), Options{Ranks: []int{99}}) },
	} {
		if _, err := make(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
