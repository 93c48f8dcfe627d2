package predictor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/espalier-nas/espalier/supernet/space"
	spacechain "github.com/espalier-nas/espalier/supernet/space/chain"
)

// placed is a family whose layers take what their operations take.
type placed struct {
	f     space.Family
	archs []space.Arch
}

func newPlaced(t *testing.T, n int) placed {
	t.Helper()
	f, err := spacechain.New(spacechain.Config{
		Name: "placed", Stem: 8, Layers: 4, Ops: []string{"conv3x3", "sep3x3", "maxpool3x3", "identity"}, Widths: []int{8, 16}, Skips: true, Downsample: []int{2},
	}, space.Input{H: 16, W: 16, C: 3, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	p := placed{f: f}
	r := rand.New(rand.NewPCG(3, 4))
	for len(p.archs) < n {
		if a := f.Space().Random(r); !slices.Contains(p.archs, a) {
			p.archs = append(p.archs, a)
		}
	}
	return p
}

func (placed) table(l space.Layer) (float64, bool) { return 2e-6 + 1e-11*float64(l.FLOPs()), true }

// takes returns what networks take where a layer takes what cost says, and all of them 30 µs.
func (p placed) takes(cost func(space.Layer) float64) []float64 {
	y := make([]float64, len(p.archs))
	for i, a := range p.archs {
		y[i] = 30e-6
		for _, s := range p.f.Plan(a) {
			y[i] += cost(s.Layer)
		}
	}
	return y
}

// fit fits the first n networks and returns predictions of the others.
func (p placed) fit(t *testing.T, y []float64, n int) (m *Placement, mean, std []float64) {
	t.Helper()
	m = NewPlacement(p.f.Plan, p.table)
	if err := m.Fit(p.archs[:n], y[:n]); err != nil {
		t.Fatal(err)
	}
	mean, std = m.Predict(p.archs[n:])
	return m, mean, std
}

// A runtime with a multiple, a cost of each layer and a constant is found again from few networks; so is
// one on which a kind of layers takes four times as long.
func TestPlacementFindsARuntime(t *testing.T) {
	p := newPlaced(t, 80)
	alike := func(l space.Layer) float64 { t, _ := p.table(l); return 3*t + 5e-6 }
	y := p.takes(alike)
	m, mean, _ := p.fit(t, y, 12)
	if slope, each, kinds := m.Common(); math.Abs(slope/3-1) > 1e-6 || math.Abs(each/5e-6-1) > 1e-6 || kinds < 5 {
		t.Errorf("%v times, %v s for each, %d kinds; want 3 and 5e-6", slope, each, kinds)
	}
	if e := MAPE(mean, y[12:]); e > 1e-3 {
		t.Errorf("error %v of networks that it has not seen; want none but for the priors", e)
	}
	y = p.takes(func(l space.Layer) float64 {
		if l.G > 1 {
			return 4 * alike(l)
		}
		return alike(l)
	})
	m, mean, _ = p.fit(t, y, 30)
	common := make([]float64, len(mean))
	for i, a := range p.archs[30:] {
		common[i], _ = m.row(a)
		common[i] += 30e-6
	}
	if with, without := MAPE(mean, y[30:]), MAPE(common, y[30:]); with > 0.05 || with > without/3 {
		t.Errorf("error %v where a kind of layers departs, %v without kinds; want a third of that", with, without)
	}
}

// The coefficients are those of ridge regression, here by an orthogonal decomposition of the
// measurements with a row for each prior below them.
func TestPlacementEqualsRidge(t *testing.T) {
	p := newPlaced(t, 40)
	r := rand.New(rand.NewPCG(1, 2))
	y := p.takes(func(l space.Layer) float64 { t, _ := p.table(l); return 2*t*float64(1+l.K.H) + 1e-6 })
	for i := range y {
		y[i] *= math.Exp(0.1 * r.NormFloat64())
	}
	m, mean, _ := p.fit(t, y, 25)
	n := 3 + 2*len(m.kinds)
	a, b := mat.NewDense(25+n, n, nil), mat.NewVecDense(25+n, nil)
	columns := func(arch space.Arch) (base float64, x []float64) {
		x = make([]float64, n)
		x[0] = m.step
		for _, s := range p.f.Plan(arch) {
			own, _ := p.table(s.Layer)
			for k, of := range m.kinds {
				if of == (kind{s.Layer.Op, s.Layer.K, s.Layer.S, s.Layer.G > 1}) {
					x[3+2*k] += m.slope * own
					x[4+2*k] += m.step
				}
			}
			x[1], x[2] = x[1]+m.slope*own, x[2]+m.step
			base += m.slope*own + m.each
		}
		return base, x
	}
	for i := range 25 {
		base, x := columns(p.archs[i])
		for k := range x {
			a.Set(i, k, x[k]/y[i])
		}
		b.SetVec(i, 1-base/y[i])
	}
	for k := range n {
		a.Set(25+k, k, 0.1)
		if k < 3 {
			a.Set(25+k, k, 0.001)
		}
	}
	var x mat.VecDense
	if err := x.SolveVec(a, b); err != nil {
		t.Fatal(err)
	}
	for i, arch := range p.archs[25:] {
		base, row := columns(arch)
		want := max(slices.Min(y[:25])/2, base+mat.Dot(mat.NewVecDense(n, row), &x))
		if math.Abs(mean[i]/want-1) > 1e-6 {
			t.Errorf("network %d: %v; want %v", i, mean[i], want)
		}
	}
}

// Intervals hold about what they promise where measurements are off by a twentieth.
func TestPlacementKnowsItsError(t *testing.T) {
	p := newPlaced(t, 300)
	r := rand.New(rand.NewPCG(5, 6))
	y := p.takes(func(l space.Layer) float64 { t, _ := p.table(l); return 3*t + 5e-6 })
	for i := range y {
		y[i] *= math.Exp(0.05 * r.NormFloat64())
	}
	if _, mean, std := p.fit(t, y, 30); Coverage(mean, std, y[30:], 0.9) < 0.8 || Coverage(mean, std, y[30:], 0.5) > 0.7 {
		t.Errorf("%.2f of the 90 %% intervals hold, %.2f of those of 50 %%", Coverage(mean, std, y[30:], 0.9), Coverage(mean, std, y[30:], 0.5))
	}
}

func TestPlacementRefuses(t *testing.T) {
	p := newPlaced(t, 6)
	good := p.takes(func(space.Layer) float64 { return 1e-6 })
	for name, c := range map[string]struct {
		y     []float64
		table Table
		want  string
	}{
		"few":      {good[:3], p.table, "at least 4"},
		"zero":     {[]float64{1, 1, 1, 1, 1, 0}, p.table, "value 5 is 0"},
		"no times": {good, func(space.Layer) (float64, bool) { return 0, false }, "want a table that has them"},
	} {
		err := NewPlacement(p.f.Plan, c.table).Fit(p.archs[:len(c.y)], c.y)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
	defer func() {
		if got := fmt.Sprint(recover()); got != notFitted {
			t.Errorf("predicting before fitting ends with %q", got)
		}
	}()
	NewPlacement(p.f.Plan, p.table).Predict(p.archs)
}
