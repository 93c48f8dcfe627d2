// Package conform checks what every family of networks must keep, for the tests of families:
// plans are valid and use the weights that they declare, text forms are read back, extremes are
// in the space. It may import space only.
package conform

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// TB is a test, or a property of one.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Family checks a family by its extremes and n random architectures, and returns these: they
// are valid and read back from their text; their plans are valid and nothing in them is
// computed in vain; what plans read lies within the shared tensors, each declared once; all
// plans, or none, say where an auxiliary head reads; no two uniform networks are one.
func Family(t TB, f space.Family, r *rand.Rand, n int) []space.Arch {
	t.Helper()
	s, ends := f.Space(), f.Extremes()
	shared := declared(t, f)
	checkUniform(t, f)
	archs := append([]space.Arch{ends.Smallest, ends.Largest, ends.Narrow}, ends.Uniform...)
	for range n {
		archs = append(archs, s.Random(r))
	}
	for _, a := range archs {
		text := s.Format(a)
		if err := s.Valid(a); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if back, err := s.Parse(text); err != nil || back != a {
			t.Fatalf("%q is read as %v, %v", text, back, err)
		}
		if have, want := len(s.Features(a)), len(s.FeatureNames()); have != want {
			t.Fatalf("%s: %d features; want %d", text, have, want)
		}
		p := f.Plan(a)
		checkPlan(t, text, p, shared)
		checkAuxiliary(t, text, p, f.Plan(ends.Narrow).HasAuxiliary())
	}
	return archs
}

// declared returns the shared tensors by name.
func declared(t TB, f space.Family) map[string]space.Weight {
	t.Helper()
	shared := make(map[string]space.Weight)
	for _, w := range f.Weights() {
		if _, twice := shared[w.Name]; twice {
			t.Fatalf("%s is declared twice", w.Name)
		}
		shared[w.Name] = w
	}
	return shared
}

func checkPlan(t TB, text string, p space.Plan, shared map[string]space.Weight) {
	t.Helper()
	own, err := space.NewFixed(p)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, w := range own.Weights() {
		have, ok := shared[w.Name]
		if !ok || w.Role != have.Role || w.G != have.G || w.Zero != have.Zero || w.OutC > have.OutC || w.InC > have.InC || !w.K.Within(have.K) {
			t.Fatalf("%s: %+v is cut out of %+v", text, w, have)
		}
	}
	read := make([]bool, len(p))
	for _, step := range p {
		for i, name := range step.Transforms {
			k := shared[step.Weight].K.H - 2*(i+1)
			if m := shared[name]; m.Role != space.Matrix || m.OutC != k*k || m.InC != k*k {
				t.Fatalf("%s: %s is transformed by %+v; want a matrix for %d taps", text, step.Weight, m, k*k)
			}
		}
		if n := len(step.Transforms); n > 0 && shared[step.Weight].K != space.Square(step.Layer.K.H+2*n) {
			t.Fatalf("%s: %d matrices make %v taps of %v", text, n, step.Layer.K, shared[step.Weight].K)
		}
		for _, j := range step.In {
			if j != space.Image {
				read[j] = true
			}
		}
	}
	for i := range p[:len(p)-1] {
		if !read[i] {
			t.Fatalf("%s: nothing reads step %d, %v", text, i, p[i].Layer)
		}
	}
}

// checkUniform wants uniform networks that compute different things: those of two plans of one form are the
// same network twice, whatever their weights are called and in whatever order something is added up.
func checkUniform(t TB, f space.Family) {
	t.Helper()
	of := make(map[string]space.Arch)
	for _, a := range f.Extremes().Uniform {
		text := form(f.Plan(a))
		if b, twice := of[text]; twice {
			t.Fatalf("uniform networks: %s and %s are one network", f.Space().Format(b), f.Space().Format(a))
		}
		of[text] = a
	}
}

// form returns a sum over what a plan computes: over each step's layer and the sums of what it reads, in any order.
func form(p space.Plan) string {
	sums := make([]string, len(p))
	for i, s := range p {
		var reads []string
		for _, j := range s.In {
			if j == space.Image {
				reads = append(reads, "image")
			} else {
				reads = append(reads, sums[j])
			}
		}
		slices.Sort(reads)
		sums[i] = fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%#v %t %q", s.Layer, s.Norm != "", reads)))
	}
	return sums[len(p)-1]
}

// checkAuxiliary wants a plan to have a place for an auxiliary head if others do.
func checkAuxiliary(t TB, text string, p space.Plan, want bool) {
	t.Helper()
	if p.HasAuxiliary() != want {
		t.Fatalf("%s: has a place for an auxiliary head: %t; others: %t", text, !want, want)
	}
	if !want {
		return
	}
	if _, err := p.WithAuxiliary(); err != nil {
		t.Fatalf("%s: auxiliary head: %v", text, err)
	}
}
