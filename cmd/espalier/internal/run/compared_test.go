package run

import (
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/rundir"
)

// The comparison sets the finalists that were chosen for accuracy, on the whole
// validation split, against all random trials; the margin is that of the best.
func TestComparisonIsRecomputed(t *testing.T) {
	w := newWorld(t, asPredicted)
	s := w.search("run")
	arms := map[string][]rundir.Trial{}
	seen := map[string]bool{}
	for _, x := range s.trials {
		kind := armKind(x.Arm)
		if kind == armRound || kind == armSample {
			if kind = "pool"; seen[x.Arch] {
				continue
			}
			seen[x.Arch] = true
		}
		arms[kind] = append(arms[kind], x)
	}
	slices.SortStableFunc(arms["pool"], func(a, b rundir.Trial) int {
		switch {
		case a.Accuracy != b.Accuracy:
			return sign(a.Accuracy > b.Accuracy)
		case a.Latency != b.Latency:
			return sign(a.Latency < b.Latency)
		}
		return sign(w.arch(a.Arch).Less(w.arch(b.Arch)))
	})
	lead := map[string]bool{}
	for _, x := range arms["pool"][:(w.cfg.Search.Top+1)/2] {
		lead[x.Arch] = true
	}
	chosen := slices.DeleteFunc(slices.Clone(arms[armFinal]), func(x rundir.Trial) bool { return !lead[x.Arch] })
	c := s.report.Compare.Stats
	for name, pair := range map[string][2]float64{
		"searches": {float64(c.Searches), float64(len(chosen))}, "randoms": {float64(c.Randoms), float64(len(arms[armRandom]))},
		"search mean": {c.SearchMean, meanOf(chosen)}, "random mean": {c.RandomMean, meanOf(arms[armRandom])},
		"better": {c.Better, superior(chosen, arms[armRandom])},
		"margin": {s.report.Compare.Margin, bestOf(arms[armFinal]) - bestOf(arms[armRandomFinal])},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-9 {
			t.Errorf("%s is %v; want %v", name, pair[0], pair[1])
		}
	}
}

func meanOf(x []rundir.Trial) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v.Accuracy / float64(len(x))
	}
	return sum
}

func bestOf(x []rundir.Trial) float64 {
	top := 0.0
	for _, v := range x {
		top = max(top, v.Accuracy)
	}
	return top
}

// superior returns the share of pairs in which a's accuracy is the larger one,
// equal ones counting half.
func superior(a, b []rundir.Trial) float64 {
	wins := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x.Accuracy > y.Accuracy:
				wins++
			case x.Accuracy == y.Accuracy:
				wins += 0.5
			}
		}
	}
	return wins / float64(len(a)*len(b))
}
