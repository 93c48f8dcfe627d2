package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/supernet"
)

// ByClass tells how well a network does on each class of a split.
type ByClass struct {
	Balanced float64             `json:"balanced_accuracy"`       // mean over the classes that occur of the share of their pictures that is right
	Matrix   supernet.Confusion  `json:"confusion,omitempty"`     // [class of the picture][class that the network says], of at most MostListed classes
	Worst    []supernet.Confused `json:"most_confused,omitempty"` // classes that are taken for others, by their place in Data.Names
}

// MostListed is how many classes are shown in a table of all pairs; of more, the pairs
// confused most are.
const MostListed = 20

// worst is how many pairs of classes are listed.
const worst = 10

// Table returns what a table of counts says.
func Table(c supernet.Confusion) *ByClass {
	b := &ByClass{Balanced: c.Balanced(), Worst: c.Worst(worst)}
	if len(c) <= MostListed {
		b.Matrix = c
	}
	return b
}

// Uneven is the ratio of the largest class to the smallest from which on accuracy alone
// says too little.
const Uneven = 1.5

func (r Report) uneven() bool { return r.Data.Ratio >= Uneven }

func balanced(b *ByClass) string {
	if b == nil {
		return "-"
	}
	return fmt.Sprintf("%.4f", b.Balanced)
}

// classes says what accuracies are to be compared with and, where classes differ in size,
// which ones the most accurate network takes for others.
func (t *text) classes(r Report) {
	if r.Data.Majority == 0 {
		return // of an earlier version
	}
	t.line("  always naming the most frequent class is right for %.4f of the test pictures", r.Data.Majority)
	if !r.uneven() {
		return
	}
	t.line("  balanced: accuracy of each class on its own, averaged over classes, on the test split; the largest class has %.3g times the training pictures of the smallest", r.Data.Ratio)
	if r.Data.Balance {
		t.line("  training showed every class equally often")
	}
	if len(r.Pareto) == 0 {
		return
	}
	top := slices.MaxFunc(r.Pareto, func(a, b Network) int { return cmp.Compare(a.Validation, b.Validation) })
	if top.ByClass == nil {
		return
	}
	for _, w := range top.ByClass.Worst[:min(3, len(top.ByClass.Worst))] {
		t.line("  %s takes %d of %d test pictures of %s for %s", top.Name, w.Count, w.Of, r.Data.Names[w.Class], r.Data.Names[w.Said])
	}
}
