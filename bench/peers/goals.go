package main

// goal is a row of the table of goals: the geometric mean of the ratios to the
// best peer over the results that it picks must be at least must.
type goal struct {
	name      string
	must, aim float64 // 0: none
	pick      func(layerResult) bool
}

// goals are the rows by kind of layer. The gradient of a first layer's input has
// a row of its own without a goal, since no training step computes it.
var goals = []goal{
	{"forward, dense 3x3 stride 1, 32 channels and more", 1.25, 2, func(r layerResult) bool { return r.pass == forward && wide3x3(r.layer) }},
	{"forward, other dense", 1, 1.1, func(r layerResult) bool {
		return r.pass == forward && dense(r.layer) && !wide3x3(r.layer) && !odd(r.layer)
	}},
	{"forward, odd channels", 1.2, 1.4, func(r layerResult) bool { return r.pass == forward && odd(r.layer) }},
	{"forward, pointwise", 1.05, 1.2, func(r layerResult) bool { return r.pass == forward && pointwise(r.layer) }},
	{"forward, depthwise", 1.3, 2, func(r layerResult) bool { return r.pass == forward && r.layer.Depthwise() }},
	{"backward data, all classes", 1.05, 1.3, func(r layerResult) bool { return r.pass == backwardData && !first(r.layer) }},
	{"backward weights, dense and pointwise", 1, 1.2, func(r layerResult) bool { return r.pass == backwardWeights && !r.layer.Depthwise() }},
	{"backward weights, depthwise", 8, 20, func(r layerResult) bool { return r.pass == backwardWeights && r.layer.Depthwise() }},
	{"backward data of first layers, never needed", 0, 0, func(r layerResult) bool { return r.pass == backwardData && first(r.layer) }},
}

// Goals of any single layer, first layers' backward data left out, and of the
// second core.
const (
	singleMust, singleAim = 0.8, 1.0
	secondMust, secondAim = 1.85, 1.95
)

// counts reports whether a result belongs to the goal of any single layer.
func counts(r layerResult) bool { return r.pass != backwardData || !first(r.layer) }
