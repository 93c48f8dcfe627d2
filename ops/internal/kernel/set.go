// Package kernel computes convolution passes and loops over elements: assembly
// tiles for AVX-512 and AVX2+FMA, the plain-Go reference of each, the choice
// between them, the pool of workers that runs them, and the drivers that build
// whole passes out of tiles. It knows shapes and slices of float32, not tensors
// or gradients.
//
// It may import the standard library and x/sys/cpu. Read conv.go (what a pass is),
// engine.go (the rule that chooses an algorithm) and one driver, such as dense.go;
// docs/kernels.md has layouts, algorithms and bits. The generators are in _gen.
package kernel

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Set is one implementation of the kernels. Which one runs is a value that the
// caller holds; there is no global switch.
type Set struct {
	Name string // "avx512", "avx2" or "go"; with "-direct" behind it without Winograd's algorithm

	tiles *tiles // nil for "go"
	vec   *Vec
}

// plainSet returns the loops in Go.
func plainSet() *Set { return &Set{Name: "go", vec: &goVec} }

// Vec returns the element-wise loops of the set.
func (s *Set) Vec() *Vec { return s.vec }

// Direct names the best set of a machine without Winograd's algorithm. Its sums are exacter, above all beside
// outliers (docs/kernels.md), and dense convolutions of 3x3 and 5x5 take longer.
const Direct = "direct"

// Direct returns the set without Winograd's algorithm; "go" never has it.
func (s *Set) Direct() *Set {
	if s.tiles == nil || s.tiles.winoInput == nil {
		return s
	}
	t := *s.tiles
	t.winoInput, t.wino3, t.wino5 = nil, noForm, noForm
	return &Set{Name: s.Name + "-" + Direct, tiles: &t, vec: s.vec}
}

// noForm is a form that fits no layer.
var noForm = winoForm{taps: -1}

// Choose returns the kernels called name. An empty name takes the environment
// variable ESPALIER_KERNEL, and if that is empty too the best that the machine
// has. It returns an error for a name that is unknown or that the machine lacks.
func Choose(name string) (*Set, error) {
	source := "kernel"
	if name == "" {
		name, source = os.Getenv("ESPALIER_KERNEL"), "environment variable ESPALIER_KERNEL"
	}
	sets := Available()
	switch name {
	case "":
		return sets[0], nil
	case Direct:
		return sets[0].Direct(), nil
	}
	names := []string{Direct}
	for _, s := range sets {
		for _, s := range []*Set{s, s.Direct()} {
			if s.Name == name {
				return s, nil
			}
			if !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	return nil, fmt.Errorf("%s: %q is not among the kernels of this machine: %s", source, name, strings.Join(names, ", "))
}

// MaxWorkers returns the largest useful number of workers, GOMAXPROCS.
func MaxWorkers() int { return runtime.GOMAXPROCS(0) }
