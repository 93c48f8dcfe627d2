package devices

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// planted draws networks of 6 decisions with 4 choices and devices that weigh two
// properties of them differently, with deviation noise in the logarithm.
func planted(networks, devices int, noise float64) (archs []space.Arch, latency [][]float64) {
	r := rand.New(rand.NewPCG(1, 1))
	latency = make([][]float64, devices)
	for range networks {
		genes := make([]uint8, 6)
		var a, b float64
		for i := range genes {
			genes[i] = uint8(r.IntN(4))
			a += float64(genes[i]) / 6
			if genes[i] == 2 {
				b++
			}
		}
		archs = append(archs, space.NewArch(genes))
		for d := range latency {
			w := float64(d) / float64(devices)
			latency[d] = append(latency[d], math.Exp(0.4*a+0.3*w*b+noise*r.NormFloat64()+float64(d)))
		}
	}
	return archs, latency
}

func oneHot(a space.Arch) []float64 {
	x := make([]float64, 4*a.Len())
	for i := range a.Len() {
		x[4*i+a.Gene(i)] = 1
	}
	return x
}

func mustFit(t testing.TB, archs []space.Arch, latency [][]float64) *Sources {
	t.Helper()
	s, err := Fit(Inputs{Features: oneHot}, archs, latency)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// errorOf is the mean relative error on a pool.
func errorOf(pred, truth []float64) float64 {
	var sum float64
	for i, v := range pred {
		sum += math.Abs(v/truth[i]-1) / float64(len(pred))
	}
	return sum
}

func TestNewDeviceIsPlaced(t *testing.T) {
	archs, latency := planted(400, 6, 0.02)
	for target := range latency {
		sources := slices.Delete(slices.Clone(latency), target, target+1)
		s := mustFit(t, archs[:200], rowsOf(sources, 200))
		p, q := s.Prepare(archs[:200], true), s.Prepare(archs[200:], false)
		at := s.Choose(p, 10)
		d, err := s.Place(p, at, pickRows(latency[target], at))
		if err != nil {
			t.Fatal(err)
		}
		mean, std := d.Predict(q)
		if e := errorOf(mean, latency[target][200:]); e > 0.06 {
			t.Errorf("device %d: mean error %.3f; want at most 0.06 with noise of 0.02", target, e)
		}
		var inside float64
		for i, v := range latency[target][200:] {
			if math.Abs(v-mean[i]) < 2*std[i] {
				inside++
			}
		}
		if inside < 0.8*200 {
			t.Errorf("device %d: %v of 200 within two deviations; want most", target, inside)
		}
		if !slices.Equal(mean, d.Rank(q)) {
			t.Error("Rank and Predict differ")
		}
	}
}

func rowsOf(latency [][]float64, n int) [][]float64 {
	out := make([][]float64, len(latency))
	for d := range latency {
		out[d] = latency[d][:n]
	}
	return out
}

// TestOutlierCountsLess: one measurement that was interrupted must not carry the device away.
func TestOutlierCountsLess(t *testing.T) {
	archs, latency := planted(400, 6, 0.02)
	s := mustFit(t, archs[:200], rowsOf(latency[:5], 200))
	p, q := s.Prepare(archs[:200], true), s.Prepare(archs[200:], false)
	at := s.Choose(p, 10)
	y := pickRows(latency[5], at)
	y[4] *= 3
	d, err := s.Place(p, at, y)
	if err != nil {
		t.Fatal(err)
	}
	if d.extra[4] <= 0 || slices.Max(d.extra) != d.extra[4] {
		t.Errorf("variances added are %v; want the most at measurement 4", d.extra)
	}
	robust := errorOf(d.Rank(q), latency[5][200:])
	clear(d.extra)
	if err := d.weigh(s.kernels(p, at)); err != nil {
		t.Fatal(err)
	}
	if plain := errorOf(d.Rank(q), latency[5][200:]); robust > 0.9*plain {
		t.Errorf("mean error %.3f with the outlier, %.3f if all count alike; want less", robust, plain)
	}
}

// TestRoundingAddsItsVariance: what a timer with a step of its own leaves unsaid is that
// step's variance, of each measurement as a share of it.
func TestRoundingAddsItsVariance(t *testing.T) {
	archs, latency := planted(200, 5, 0.02)
	s := mustFit(t, archs, latency[:4])
	p := s.Prepare(archs, true)
	at := s.Choose(p, 10)
	exact := pickRows(latency[4], at)
	rounded := make([]float64, len(exact))
	for i, v := range exact {
		rounded[i] = math.Round(v/10) * 10
	}
	d, err := s.Place(p, at, rounded)
	if err != nil {
		t.Fatal(err)
	}
	var logs []float64
	for _, v := range rounded {
		logs = append(logs, math.Log(v))
	}
	std := standardOf(logs).std
	for i, v := range rounded {
		if least := 10 * 10 / 12. / (v * v) / (std * std); d.extra[i] < least*(1-1e-9) {
			t.Errorf("measurement %d of %v has a variance of %v added; want at least %v", i, v, d.extra[i], least)
		}
	}
	if d, err = s.Place(p, at, exact); err != nil || slices.Min(d.extra) != 0 {
		t.Errorf("measurements that are not rounded have at least %v added (%v); want 0", slices.Min(d.extra), err)
	}
}

// TestNearZeroIsLeftOut: networks that a source did not run are not measured, and do not
// bend its scale.
func TestNearZeroIsLeftOut(t *testing.T) {
	archs, latency := planted(200, 4, 0.02)
	for _, i := range []int{3, 50, 120} {
		latency[1][i] = 1e-4
	}
	latency[2][7] = 0
	s := mustFit(t, archs, latency)
	p := s.Prepare(archs, true)
	for _, i := range s.Choose(p, 100) {
		if i == 3 || i == 50 || i == 120 || i == 7 {
			t.Errorf("network %d is chosen; it was not run on a source", i)
		}
	}
	for d, u := range s.scale {
		if u.std > 0.5 {
			t.Errorf("source %d: deviation %.2f of the logarithm; want that of the other networks", d, u.std)
		}
	}
}

// TestChosenLowerVariance recomputes the posterior variance over the pool from its
// definition: what is chosen leaves less than what is drawn.
func TestChosenLowerVariance(t *testing.T) {
	archs, latency := planted(150, 5, 0.05)
	s := mustFit(t, archs, latency)
	p := s.Prepare(archs, true)
	set := s.expected()
	rows := make([]int, len(archs))
	for i := range rows {
		rows[i] = i
	}
	all := s.kernels(p, rows)
	n := len(rows)
	left := func(at []int) float64 {
		k := s.kernels(p, at)
		t := &triangle{len(at), make([]float64, len(at)*(len(at)+1)/2)}
		k.fill(t, set, make([]float64, len(at)))
		t.factorise()
		var sum float64
		for i := range n {
			v := make([]float64, len(at))
			for j, a := range at {
				v[j] = flat + set.all*all.all[i*n+a] + set.even*all.even[i*n+a] + set.rest*all.rest[i*n+a]
			}
			t.forward(v)
			sum += flat + set.all*all.all[i*n+i] + set.even*all.even[i*n+i] + set.rest*all.rest[i*n+i] - dot(v, v)
		}
		return sum
	}
	chosen := left(s.Choose(p, 8))
	for seed := range uint64(20) {
		if drawn := left(rand.New(rand.NewPCG(seed, 0)).Perm(n)[:8]); drawn < chosen {
			t.Errorf("seed %d: drawn networks leave %.3f, chosen ones %.3f; want less", seed, drawn, chosen)
		}
	}
}

func TestTimerStep(t *testing.T) {
	for _, c := range []struct {
		latency []float64
		want    float64
	}{{[]float64{12, 35, 20}, 1}, {[]float64{10, 30, 20}, 10}, {[]float64{1.25, 1.3}, 0.01}, {[]float64{math.Pi, math.E}, 0}} {
		if got := timerStep(c.latency); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("step of %v is %v; want %v", c.latency, got, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	archs, latency := planted(50, 3, 0.02)
	for name, bad := range map[string][][]float64{"none": nil, "short": {latency[0][:40]}, "negative": {append(slices.Clone(latency[0][:49]), -1)}, "NaN": {append(slices.Clone(latency[0][:49]), math.NaN())}} {
		if _, err := Fit(Inputs{Features: oneHot}, archs, bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s := mustFit(t, archs, latency)
	p := s.Prepare(archs, true)
	for name, y := range map[string][]float64{"one": {1}, "zero": {1, 0, 1}, "short": {1, 2}} {
		if _, err := s.Place(p, []int{0, 1, 2}[:max(1, min(len(y)+1, 3))], y); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// BenchmarkPlaceAndRank places a device from 10 measurements and ranks 15,625 networks.
func BenchmarkPlaceAndRank(b *testing.B) {
	archs, latency := planted(15625, 9, 0.02)
	s := mustFit(b, archs, latency)
	p := s.Prepare(archs, true)
	at := s.Choose(p, 10)
	y := pickRows(latency[3], at)
	for b.Loop() {
		d, err := s.Place(p, at, y)
		if err != nil {
			b.Fatal(err)
		}
		d.Rank(p)
	}
}

// BenchmarkFit fits nine sources on 15,625 networks.
func BenchmarkFit(b *testing.B) {
	archs, latency := planted(15625, 9, 0.02)
	for b.Loop() {
		mustFit(b, archs, latency)
	}
}

// rough returns latencies that follow from which genes go together, not from each alone.
func rough(archs []space.Arch) []float64 {
	out := make([]float64, len(archs))
	for i, a := range archs {
		v := 0
		for k := 0; k+1 < a.Len(); k += 2 {
			v += a.Gene(k) ^ a.Gene(k+1)
		}
		out[i] = math.Exp(0.3 * float64(v))
	}
	return out
}

// Sources on which all networks take alike, as timers show them that are too coarse, say nothing:
// neither of kernels nor of a device, alone and beside others.
func TestSourcesThatSayNothing(t *testing.T) {
	archs, latency := planted(120, 4, 0.02)
	flat, flatter := make([]float64, len(archs)), make([]float64, len(archs))
	for i := range archs {
		flat[i], flatter[i] = 0.0123, 1
	}
	for name, sources := range map[string][][]float64{"alone": {flat}, "two": {flat, flatter}, "beside another": {latency[1], flatter}, "two beside another": {flat, latency[1], flatter}} {
		s := mustFit(t, archs[:90], rowsOf(sources, 90))
		p, q := s.Prepare(archs[:90], true), s.Prepare(archs[90:], false)
		at := s.Choose(p, 12)
		if n := len(slices.Compact(slices.Sorted(slices.Values(at)))); n != 12 {
			t.Errorf("%s: %v are chosen; want 12 different ones", name, at)
		}
		d, err := s.Place(p, at, pickRows(latency[2], at))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		mean, std := d.Predict(q)
		for i := range mean {
			if !(mean[i] > 0 && std[i] > 0) || math.IsInf(mean[i], 0) || math.IsInf(std[i], 0) {
				t.Fatalf("%s: network %d takes %v ± %v", name, i, mean[i], std[i])
			}
		}
		if e := errorOf(mean, latency[2][90:]); len(sources) > 1 && !slices.Equal(sources[0], flat) && e > 0.1 {
			t.Errorf("%s: error %.3f; want at most 0.1", name, e)
		}
	}
	y := rough(archs)
	alone, beside := mustFit(t, archs, [][]float64{y}), mustFit(t, archs, [][]float64{y, flatter})
	if alone.smooth.mix != beside.smooth.mix || alone.smooth.noise[0] != beside.smooth.noise[0] || alone.smooth.mix == mixtures[0] {
		t.Errorf("kernel %+v with noise %v, beside a source that says nothing %+v with %v; want the same, and not the first", alone.smooth.mix, alone.smooth.noise, beside.smooth.mix, beside.smooth.noise)
	}
}
