package bench

import (
	"cmp"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// kin is a measured layer as an estimate sees it.
type kin struct {
	layer       space.Layer
	work, bytes float64 // logarithms of operations and of bytes touched
	seconds     float64 // logarithm of the time of a pass
}

// estimator tells what layers take by what similar ones took: a locally
// weighted regression of log seconds on log operations and log bytes
// (Cleveland, JASA 1979), near being of the same op, kernel and stride first.
type estimator []kin

// How far apart layers are that differ in kind; sizes count by the difference
// of their logarithms. Weights fall by e per unit.
const (
	otherOp     = 8
	otherGroups = 4
	otherKernel = 2
	otherStride = 1
	otherAct    = 0.25
)

// Slopes that the regression is drawn to where the neighbours do not tell:
// time grows less than work, as small layers are mostly overhead.
const slopeWork, slopeBytes, slopeRidge = 0.5, 0.3, 0.3

// newEstimator learns from all layers that were measured; their order in the
// table does not matter.
func newEstimator(layers map[space.Layer]entry) estimator {
	var e estimator
	for l, s := range layers {
		if !s.estimated {
			k := describe(l)
			k.seconds = math.Log(s.Median)
			e = append(e, k)
		}
	}
	slices.SortFunc(e, func(a, b kin) int { return cmp.Compare(a.layer.String(), b.layer.String()) })
	return e
}

func describe(l space.Layer) kin {
	out := l.OutH() * l.OutW() * l.OutC
	touched := float64(l.InLen() + out)
	if w, ok := l.Weight(); ok {
		touched += float64(w.Numbers())
	}
	return kin{layer: l, work: math.Log(float64(l.FLOPs() + 1)), bytes: math.Log(4 * touched)}
}

// distance returns how unlike two layers are.
func (k kin) distance(o kin) float64 {
	a, b := k.layer, o.layer
	d := math.Abs(k.work-o.work) + math.Abs(k.bytes-o.bytes)
	for _, kind := range []struct {
		other bool
		far   float64
	}{
		{a.Op != b.Op, otherOp},
		{(a.G > 1) != (b.G > 1), otherGroups},
		{a.K != b.K, otherKernel},
		{a.S != b.S, otherStride},
		{a.Act != b.Act, otherAct},
	} {
		if kind.other {
			d += kind.far
		}
	}
	return d
}

// seconds returns what a pass of the layer should take. It needs one measured
// layer at least.
func (e estimator) seconds(l space.Layer) float64 {
	at := describe(l)
	near := math.Inf(1)
	for _, k := range e {
		near = min(near, at.distance(k))
	}
	// Moments of the neighbours around the layer itself, after the slopes that
	// are expected were taken out: the intercept is the estimate.
	var m moments
	for _, k := range e {
		x, z := k.work-at.work, k.bytes-at.bytes
		m.add(math.Exp(near-at.distance(k)), x, z, k.seconds-slopeWork*x-slopeBytes*z)
	}
	return math.Exp(m.intercept(slopeRidge))
}

// moments are weighted sums of two inputs and a target.
type moments struct{ w, x, z, y, xx, xz, zz, xy, zy float64 }

func (m *moments) add(w, x, z, y float64) {
	m.w += w
	m.x += w * x
	m.z += w * z
	m.y += w * y
	m.xx += w * x * x
	m.xz += w * x * z
	m.zz += w * z * z
	m.xy += w * x * y
	m.zy += w * z * y
}

// intercept returns the target at (0, 0) by ridge regression.
func (m *moments) intercept(ridge float64) float64 {
	x, z, y := m.x/m.w, m.z/m.w, m.y/m.w
	xx, zz, xz := m.xx-m.w*x*x+ridge, m.zz-m.w*z*z+ridge, m.xz-m.w*x*z
	xy, zy := m.xy-m.w*x*y, m.zy-m.w*z*y
	det := xx*zz - xz*xz // at least ridge squared
	return y - x*(xy*zz-zy*xz)/det - z*(zy*xx-xy*xz)/det
}
