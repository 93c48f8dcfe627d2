package search

import (
	"math"
	"slices"
)

// front returns the finished networks that no faster one beats, by rising latency, and how many
// more there are below the floor, beneath which none is handed over: a linear classifier. Where nothing is better
// than that, nothing is left out. images is how many validation pictures losses count on; 0: they do not.
func front(all []*finished, floor float64, images int) (handed []*finished, left int) {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b *finished) int {
		if a.latency() != b.latency() {
			return sign(a.latency() < b.latency())
		}
		return sign(a.last().Accuracy > b.last().Accuracy)
	})
	for i, f := range sorted {
		if !slices.ContainsFunc(sorted[:i], func(g *finished) bool { return g.beats(f, images) }) {
			handed = append(handed, f)
		}
	}
	useful := slices.DeleteFunc(slices.Clone(handed), func(f *finished) bool { return f.last().Accuracy < floor })
	if len(useful) == 0 {
		return handed, 0
	}
	return useful, len(handed) - len(useful)
}

// beats reports whether a network makes another one useless that is no faster: it is at least as
// accurate. But where so many validation pictures do not tell their accuracies apart, the slower
// one counts if its loss is lower: of networks in searches with few pictures, losses say as much about
// the accuracy on other pictures as accuracies do (docs/log/finishing.md).
func (f *finished) beats(slower *finished, images int) bool {
	a, b := f.last(), slower.last()
	if a.Accuracy < b.Accuracy {
		return false
	}
	alike := images > 0 && f.latency() < slower.latency() && a.Accuracy-b.Accuracy <= standardError(a.Accuracy, images)
	return !(alike && b.Loss < a.Loss)
}

// standardError returns that of an accuracy on so many pictures.
func standardError(accuracy float64, images int) float64 {
	return math.Sqrt(accuracy * (1 - accuracy) / float64(images))
}

// lossesCount returns on how many pictures losses count in what is handed over, and notes that they
// do. An earlier version went by accuracy alone: a run of which it has tested networks, or set rivals
// against them, goes on with these.
func (r *Run) lossesCount() (images int, err error) {
	untouched := len(r.state.Tests)+len(r.state.Fits)+len(r.state.Rivals) == 0
	if err := r.takeUp(&r.state.ByLoss, untouched); err != nil || !r.state.ByLoss {
		return 0, err
	}
	return r.splits.Val.Len(), nil
}

// best returns the finished network of the highest accuracy, the fastest of
// several.
func best(all []*finished) *finished {
	return slices.MinFunc(all, func(a, b *finished) int {
		if a.last().Accuracy != b.last().Accuracy {
			return sign(a.last().Accuracy > b.last().Accuracy)
		}
		return sign(a.latency() < b.latency())
	})
}
