// Package devices predicts latencies on a new device from those on others.
//
// The logarithmic latencies of networks on source devices are a table of low rank: few
// properties of a network decide, and devices weigh them differently. A new device is
// placed among them by a few measurements of networks that the model chooses itself.
//
// It may import space and gonum. Read Fit and Pool here, then choose.go (which networks to
// measure) and place.go (what the measurements say); docs/predictors.md has the model.
package devices

import (
	"fmt"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Sources are fitted source devices.
type Sources struct {
	code   *coder
	at     map[space.Arch]int // row of each network that the sources measured
	unit   [][]float64        // [source][row], fenced logarithms, standardised
	scale  []standard         // of the sources' logarithms
	odd    []bool             // by row: beyond a fence of some source
	smooth *smoother
	forms  forms
	sets   []setting
	kind   []int
	prior  []float64 // logarithmic, of each setting
}

// Fit learns from latencies [device][network] in any unit, 0 or more. It fails without a
// device, with fewer than 8 networks, and if a device has not one latency for each.
func Fit(in Inputs, archs []space.Arch, latency [][]float64) (*Sources, error) {
	if len(latency) == 0 || len(archs) < 8 {
		return nil, fmt.Errorf("devices: %d sources with %d networks; want at least 1 and 8", len(latency), len(archs))
	}
	s := &Sources{at: tableOf(archs), odd: make([]bool, len(archs))}
	for d, v := range latency {
		if len(v) != len(archs) {
			return nil, fmt.Errorf("devices: source %d has %d latencies of %d networks; want one for each", d, len(v), len(archs))
		}
		log, err := logs(d, v)
		if err != nil {
			return nil, err
		}
		lo, hi := fence(log)
		for i, out := range clip(log, lo, hi) {
			s.odd[i] = s.odd[i] || out
		}
		unit := standardOf(log)
		for i := range log {
			log[i] = unit.of(log[i])
		}
		if slices.Max(log)-slices.Min(log) < 1 { // all alike, but for rounding: at a deviation of 1 they are further apart
			clear(log)
		}
		s.unit, s.scale = append(s.unit, log), append(s.scale, unit)
	}
	var err error
	if s.code, err = newCoder(in, archs); err != nil {
		return nil, err
	}
	if s.smooth, err = fitSmoother(s.code.encode(archs), s.unit); err != nil {
		return nil, err
	}
	rows := spread(len(archs), maxSmooth)
	p := s.Prepare(archs, true)
	f := make([][]float64, len(rows))
	for k, i := range rows {
		f[k] = p.factor[i]
	}
	if s.forms, err = newForms(f); err != nil {
		return nil, err
	}
	s.sets, s.kind = settings(len(latency))
	if err := s.learn(p, rows); err != nil {
		return nil, err
	}
	return s, nil
}

// Pool is networks ready for any device.
type Pool struct {
	code   codes
	factor [][]float64 // [network][source], standardised logarithms
	odd    []bool      // not to be measured
	scale  []standard  // of the sources
}

// Prepare readies networks. With known, networks that the sources measured count as
// they were measured; without, all are predicted from what they are.
func (s *Sources) Prepare(archs []space.Arch, known bool) *Pool {
	p := &Pool{code: s.code.encode(archs), factor: make([][]float64, len(archs)), odd: make([]bool, len(archs)), scale: s.scale}
	for i, a := range archs {
		row, ok := s.at[a]
		p.odd[i] = ok && s.odd[row]
		p.factor[i] = s.smooth.at(p.code, i)
		if ok && known && !s.smooth.has[row] {
			for d, keep := range s.smooth.keep {
				p.factor[i][d] += keep * (s.unit[d][row] - p.factor[i][d])
			}
		}
	}
	return p
}

// Odd reports whether network i is one that some source did not run, or was interrupted
// in: not one to measure.
func (p *Pool) Odd(i int) bool { return p.odd[i] }

// Source returns the latencies of all networks on a source, as the model knows them, in
// the unit of that source.
func (p *Pool) Source(device int) []float64 {
	out := make([]float64, len(p.factor))
	for i, f := range p.factor {
		out[i] = math.Exp(p.scale[device].mean + p.scale[device].std*f[device])
	}
	return out
}
