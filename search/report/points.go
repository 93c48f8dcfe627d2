package report

import "slices"

// Points returns what a picture of a search shows: the networks handed over,
// before and after finishing, what was finished beside them, and the rivals.
// Accuracies are those on the validation split.
func Points(r Report) []Point {
	var all []Point
	for _, n := range r.Pareto {
		kind := KindFront
		switch {
		case n.Origin == "given":
			kind = KindGiven
		case n.Arm == "random":
			kind = KindRandomFront
		}
		all = append(all, n.point(kind, n.Validation), n.point(KindInherited, n.Inherited))
	}
	for _, n := range r.Others {
		kind := KindCandidate
		if n.Arm == "random" {
			kind = KindRandom
		}
		all = append(all, n.point(kind, n.Validation))
	}
	for _, v := range r.Rivals {
		all = append(all, Point{Name: v.Name, Latency: v.Latency, Accuracy: v.Validation, Kind: KindRival})
	}
	return slices.Clip(all)
}

func (n Network) point(k Kind, accuracy float64) Point {
	return Point{Name: n.Name, Latency: n.Takes(), Accuracy: accuracy, Kind: k}
}
