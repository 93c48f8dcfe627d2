package predictor

import (
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/supernet/space"
)

// entry is one nonzero of a sparse row or column.
type entry struct {
	at int // column in a row, row in a column
	x  float64
}

// encoder turns architectures into sparse rows: the features, which interact
// with each other, then the extra numbers, which only add up.
type encoder struct {
	features Features
	extras   func(space.Arch) []float64 // always as many; nil: none
}

// scaling brings one extra number to mean 0 and standard deviation 1 over the
// examples of a fit.
type scaling struct {
	Shift float64 `json:"shift"`
	Scale float64 `json:"scale"` // 1 over the deviation; 0 for a constant
}

// maxFeature bounds features: penalties treat all alike, so one on another scale
// than 0/1 would escape them and drown the others. Extras are scaled and only
// need to stay far from overflow.
const maxFeature, maxExtra = 100, 1e9

// design is a set of encoded architectures.
type design struct {
	rows  [][]entry
	inter int // columns that interact: those of the features
	cols  int // all columns
}

// encoded is what an encoder makes of architectures before extras are scaled.
type encoded struct {
	rows   [][]entry
	extras [][]float64 // [arch][extra]
	inter  int
}

// encode reads features and extras; the error names the faulty number. inter
// is the wanted number of features, or -1 if the first architecture sets it.
func (e encoder) encode(archs []space.Arch, inter int) (encoded, error) {
	t := encoded{rows: make([][]entry, len(archs)), extras: make([][]float64, len(archs)), inter: inter}
	for i, a := range archs {
		f := e.features(a)
		if t.inter < 0 {
			t.inter = len(f)
		}
		if len(f) != t.inter {
			return t, fmt.Errorf("architecture %d has %d features; want %d as the others", i, len(f), t.inter)
		}
		row, err := sparse(f)
		if err != nil {
			return t, fmt.Errorf("architecture %d: %w", i, err)
		}
		t.rows[i] = row
		if e.extras == nil {
			continue
		}
		t.extras[i] = e.extras(a)
		for k, v := range t.extras[i] {
			if !(math.Abs(v) <= maxExtra) {
				return t, fmt.Errorf("architecture %d: extra feature %d is %v; want a number of at most %g (logarithms need a size above 0)", i, k, v, maxExtra)
			}
		}
	}
	return t, nil
}

func sparse(f []float64) ([]entry, error) {
	var row []entry
	for j, x := range f {
		if !(math.Abs(x) <= maxFeature) {
			return nil, fmt.Errorf("feature %d is %v; want a number of at most %d in size (sizes of networks are other inputs)", j, x, maxFeature)
		}
		if x != 0 {
			row = append(row, entry{j, x})
		}
	}
	return row, nil
}

// scalings measures the extras of the examples at the given rows.
func (t encoded) scalings(at []int) []scaling {
	out := make([]scaling, len(t.extras[at[0]]))
	for k := range out {
		var sum, sq float64
		for _, i := range at {
			sum += t.extras[i][k]
		}
		m := sum / float64(len(at))
		for _, i := range at {
			sq += (t.extras[i][k] - m) * (t.extras[i][k] - m)
		}
		out[k].Shift = m
		if sd := math.Sqrt(sq / float64(len(at))); sd > 1e-12*math.Abs(m) {
			out[k].Scale = 1 / sd
		}
	}
	return out
}

// design returns the encoded rows at the given indices, extras scaled.
func (t encoded) design(at []int, scale []scaling) design {
	d := design{rows: make([][]entry, len(at)), inter: t.inter, cols: t.inter + len(scale)}
	for k, i := range at {
		row := append(make([]entry, 0, len(t.rows[i])+len(scale)), t.rows[i]...)
		for e, s := range scale {
			if x := (t.extras[i][e] - s.Shift) * s.Scale; x != 0 {
				row = append(row, entry{t.inter + e, x})
			}
		}
		d.rows[k] = row
	}
	return d
}

// columns returns the transpose: for each column its nonzeros, rows ascending.
func (d design) columns() [][]entry {
	cols := make([][]entry, d.cols)
	for i, row := range d.rows {
		for _, e := range row {
			cols[e.at] = append(cols[e.at], entry{i, e.x})
		}
	}
	return cols
}

// pairs returns the mean number of pairs of interacting nonzeros in a row.
func (d design) pairs() float64 {
	var sum float64
	for _, row := range d.rows {
		var n float64
		for _, e := range row {
			if e.at < d.inter {
				n++
			}
		}
		sum += n * (n - 1) / 2
	}
	return sum / float64(max(len(d.rows), 1))
}

// upTo returns 0, 1, ..., n-1.
func upTo(n int) []int {
	at := make([]int, n)
	for i := range at {
		at[i] = i
	}
	return at
}
