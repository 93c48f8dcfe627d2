package controller

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// objectives are what strategies with several aims may pursue, by name. All are
// minimised: rewards count negative.
var objectives = []struct {
	name string
	of   func(Trial) float64
}{
	{"reward", func(t Trial) float64 { return -t.Reward }},
	{"latency", func(t Trial) float64 { return t.Cost.Latency }},
	{"flops", func(t Trial) float64 { return float64(t.Cost.FLOPs) }},
	{"params", func(t Trial) float64 { return float64(t.Cost.Params) }},
}

// Objectives lists the names of what a strategy with several aims may pursue.
func Objectives() []string {
	var names []string
	for _, o := range objectives {
		names = append(names, o.name)
	}
	return names
}

// checkObjectives reports a list of objectives that cannot be pursued; field is
// for the error.
func checkObjectives(field string, names []string) error {
	if len(names) == 0 {
		return fmt.Errorf("%s is empty, want some of %s", field, strings.Join(Objectives(), ", "))
	}
	for i, n := range names {
		if !slices.Contains(Objectives(), n) {
			return fmt.Errorf("%s: %q is unknown, want some of %s", field, n, strings.Join(Objectives(), ", "))
		}
		if slices.Contains(names[:i], n) {
			return fmt.Errorf("%s: %q is given twice", field, n)
		}
	}
	return nil
}

// Aims returns the values of the named objectives of a trial, all to be minimised, in the
// order of Objectives.
func Aims(t Trial, names []string) []float64 {
	var v []float64
	for _, o := range objectives {
		if slices.Contains(names, o.name) {
			v = append(v, o.of(t))
		}
	}
	return v
}

// dominates reports whether a is nowhere worse than b and somewhere better; all
// values are to be minimised.
func dominates(a, b []float64) bool {
	better := false
	for i := range a {
		if a[i] > b[i] {
			return false
		}
		better = better || a[i] < b[i]
	}
	return better
}

// reaches reports whether a is nowhere above b.
func reaches[T cmp.Ordered](a, b []T) bool {
	for i := range a {
		if a[i] > b[i] {
			return false
		}
	}
	return true
}
