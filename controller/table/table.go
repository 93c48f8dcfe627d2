// Package table runs search strategies on tables of networks whose figures are
// known, many seeds in seconds, and says which finds good ones sooner than random
// search does: regret by evaluations, with intervals over seeds.
//
// It may import controller, space, internal/stream, internal/bootstrap and internal/unpack. Read
// read.go (the csv file), then contest.go (the searches) and figures.go.
package table

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Table is a set of networks with the figure that a search is to maximise. Networks
// that no row has are not in its space: no strategy proposes them.
type Table struct {
	Name   string
	Column string // the figure
	space  *space.Space
	rows   map[space.Arch]row
	values []float64 // of all rows, rising
}

type row struct {
	value float64
	cost  controller.Cost
}

// entry is a row as it is read.
type entry struct {
	genes []uint8
	row
}

// newTable makes a table of rows that have as many genes each. Rows of the same genes
// are trainings of the same network: their mean counts.
func newTable(name, column string, entries []entry) (*Table, error) {
	t := &Table{Name: name, Column: column, rows: make(map[space.Arch]row, len(entries))}
	most := make([]uint8, len(entries[0].genes))
	count := make(map[space.Arch]float64)
	for _, e := range entries {
		for i, g := range e.genes {
			most[i] = max(most[i], g)
		}
		a := space.NewArch(e.genes)
		n := count[a]
		mean := (t.rows[a].value*n + e.value) / (n + 1)
		t.rows[a], count[a] = row{mean, e.cost}, n+1
	}
	whole := 1.0
	var ds []space.Decision
	for i, m := range most {
		d := space.Decision{Name: fmt.Sprintf("gene%d", i+1), Kind: space.KindOp, Layer: i}
		for c := range int(m) + 1 {
			d.Choices = append(d.Choices, strconv.Itoa(c))
		}
		whole *= float64(len(d.Choices))
		ds = append(ds, d)
	}
	var rules space.Rules
	if float64(len(t.rows)) < whole {
		rules = newPrefixes(t.rows)
	}
	var err error
	if t.space, err = space.NewSpace(ds, rules); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, r := range t.rows {
		t.values = append(t.values, r.value)
	}
	slices.Sort(t.values)
	return t, nil
}

// Within reports a network of the table that is not one of a space.
func (t *Table) Within(s *space.Space) error {
	archs := slices.SortedFunc(maps.Keys(t.rows), func(a, b space.Arch) int { return slices.Compare(a.Genes(), b.Genes()) })
	for _, a := range archs {
		if err := s.Valid(a); err != nil {
			return fmt.Errorf("%s: the network %v is not one of the space: %w", t.Name, a.Genes(), err)
		}
	}
	return nil
}

// Len returns the number of networks.
func (t *Table) Len() int { return len(t.values) }

// Best returns the highest figure.
func (t *Table) Best() float64 { return t.values[len(t.values)-1] }

// Evaluate implements controller.Evaluator.
func (t *Table) Evaluate(_ context.Context, archs []space.Arch) ([]controller.Score, error) {
	scores := make([]controller.Score, len(archs))
	for i, a := range archs {
		scores[i].Accuracy = t.rows[a].value
	}
	return scores, nil
}

func (t *Table) problem() controller.Problem {
	return controller.Problem{
		Space: t.space, Evaluator: t,
		Cost: func(a space.Arch) (controller.Cost, error) { return t.rows[a].cost, nil },
	}
}

// RandomBest returns the expected best figure of so many different networks drawn
// uniformly from the table.
func (t *Table) RandomBest(draws int) float64 {
	// The chance that all draws lie among the k lowest of n is C(k, draws) / C(n, draws).
	n, below, mean := len(t.values), 1.0, 0.0
	for k := n; k >= draws && below > 0; k-- {
		next := below * float64(k-draws) / float64(k) // of k-1
		mean += t.values[k-1] * (below - next)
		below = next
	}
	return mean
}

// RandomEvaluations returns how many networks random search must draw for its
// expected best figure to be at least value, at most all.
func (t *Table) RandomEvaluations(value float64) int {
	low, high := 1, len(t.values)
	for low < high {
		if mid := (low + high) / 2; t.RandomBest(mid) >= value {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// prefixes are the rules of a table that lacks networks: a choice is allowed if
// a row begins so.
type prefixes map[string]bool

func newPrefixes(rows map[space.Arch]row) prefixes {
	p := make(prefixes)
	for a := range rows {
		genes := string(a.Genes())
		for i := range genes {
			p[genes[:i+1]] = true
		}
	}
	return p
}

// Allowed implements space.Rules.
func (p prefixes) Allowed(prefix []uint8, _, c int) bool {
	return p[string(append(slices.Clone(prefix), uint8(c)))]
}

// AppendState implements space.Stater: nothing of a prefix may be forgotten.
func (p prefixes) AppendState(dst, prefix []uint8, _ [][]bool) []byte { return append(dst, prefix...) }
