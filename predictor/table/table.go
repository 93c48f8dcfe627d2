// Package table reads tables of networks that were measured, as csv files, plain or gzipped
// (what each network is, and a column of numbers for each device or score), and tells how well
// predictors do on them: Accuracy and Latency are what the command predictor runs.
//
// It may import predictor, predictor/devices, space, unpack and gonum. Read Table here, then read.go
// (the file), evaluate.go (Options) and latency.go.
package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Table is networks and what was measured of them.
type Table struct {
	File   string       // for errors
	Index  []string     // of each row, distinct: column idx, or the row's number from 0
	Archs  []space.Arch // of each row; nil if the file does not say what its networks are
	Names  []string     // of the columns of numbers, in the file's order
	Values [][]float64  // [column][row]
	lines  []int        // of each row in the file
	named  bool         // the file has column idx
	merged bool         // rows of one network were put together: their numbers are not those of the file
}

// Rows returns the number of networks.
func (t *Table) Rows() int { return len(t.Index) }

// Column returns the numbers called name. The error names file and columns.
func (t *Table) Column(name string) ([]float64, error) {
	if k := slices.Index(t.Names, name); k >= 0 {
		return t.Values[k], nil
	}
	return nil, fmt.Errorf("%s: no column %q; want one of %s", t.File, name, strings.Join(t.Names, ", "))
}

// Columns returns the numbers of several columns, [column][row], in the order asked for. A
// column that the table lacks is an error.
func (t *Table) Columns(names []string) ([][]float64, error) {
	out := make([][]float64, len(names))
	for k, name := range names {
		v, err := t.Column(name)
		if err != nil {
			return nil, err
		}
		out[k] = v
	}
	return out, nil
}

// Join adds the columns of other to those of t, row by row of the same index; of the same network, where neither file has
// indices and both say what their networks are. Every row of t must be in other; rows of other that t lacks are left out.
// Rows of one index that are different networks are an error. Networks are taken from whichever table has them.
func (t *Table) Join(other *Table) (*Table, error) {
	for _, m := range []*Table{t, other} {
		if m.merged && !t.alike(other) {
			return nil, fmt.Errorf("%s: several rows of one network count as one, and so have no numbers to be joined by; want column idx, or column %s or %s, in %s and %s", m.File, opsColumn, archColumn, t.File, other.File)
		}
	}
	at := t.rowIn(other)
	place := make([]int, t.Rows())
	for i, x := range t.Index {
		j, ok := at(i)
		switch {
		case !ok && t.alike(other):
			return nil, fmt.Errorf("%s line %d: the network is not in %s; want a row for every network", t.File, t.lines[i], other.File)
		case !ok:
			return nil, fmt.Errorf("%s line %d: idx %s is not in %s; want a row for every network", t.File, t.lines[i], x, other.File)
		case t.Archs != nil && other.Archs != nil && t.Archs[i] != other.Archs[j]:
			return nil, fmt.Errorf("%s line %d and %s line %d: row %s is not the same network; want column idx in both, or in neither", t.File, t.lines[i], other.File, other.lines[j], x)
		}
		place[i] = j
	}
	out := &Table{File: t.File, Index: t.Index, Archs: t.Archs, Names: slices.Clone(t.Names), Values: slices.Clone(t.Values), lines: t.lines, named: t.named}
	if out.Archs == nil && other.Archs != nil {
		out.Archs = make([]space.Arch, t.Rows())
		for i, j := range place {
			out.Archs[i] = other.Archs[j]
		}
	}
	for k, name := range other.Names {
		if slices.Contains(out.Names, name) {
			return nil, fmt.Errorf("%s: column %q is in %s too; want different columns", other.File, name, t.File)
		}
		v := make([]float64, t.Rows())
		for i, j := range place {
			v[i] = other.Values[k][j]
		}
		out.Names, out.Values = append(out.Names, name), append(out.Values, v)
	}
	return out, nil
}

// alike reports whether rows of two tables belong together by their networks, not by indices.
func (t *Table) alike(other *Table) bool {
	return !t.named && !other.named && t.Archs != nil && other.Archs != nil
}

// rowIn returns the row of other that belongs to a row of t; see Join.
func (t *Table) rowIn(other *Table) func(i int) (row int, ok bool) {
	if t.alike(other) {
		at := make(map[space.Arch]int, other.Rows())
		for j, a := range other.Archs {
			at[a] = j
		}
		return func(i int) (int, bool) { j, ok := at[t.Archs[i]]; return j, ok }
	}
	at := make(map[string]int, other.Rows())
	for j, x := range other.Index {
		at[x] = j
	}
	return func(i int) (int, bool) { j, ok := at[t.Index[i]]; return j, ok }
}

// merge makes one row of those of one architecture, with the means of their numbers, where
// the first of them stands.
func (t *Table) merge() {
	at := make(map[space.Arch]int)
	var count []float64
	for i, a := range t.Archs {
		j, known := at[a]
		if !known {
			j = len(count)
			at[a], count = j, append(count, 0)
			t.Archs[j], t.lines[j] = a, t.lines[i]
			for k := range t.Values {
				t.Values[k][j] = t.Values[k][i]
			}
		}
		count[j]++
		for k := range t.Values {
			t.Values[k][j] += (t.Values[k][i] - t.Values[k][j]) / count[j]
		}
	}
	n := len(count)
	t.merged = n < len(t.Archs)
	t.Archs, t.lines, t.Index = t.Archs[:n], t.lines[:n], t.Index[:n] // row numbers
	for k := range t.Values {
		t.Values[k] = t.Values[k][:n]
	}
}

// Choices returns how many choices each decision has in the table: the highest gene
// plus one. It panics without architectures.
func (t *Table) Choices() []int {
	out := make([]int, t.Archs[0].Len())
	for _, a := range t.Archs {
		for i := range out {
			out[i] = max(out[i], a.Gene(i)+1)
		}
	}
	return out
}
