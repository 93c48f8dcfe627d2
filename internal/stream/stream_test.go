package stream

import (
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/internal/allocs"
)

func TestStreamsAreFunctionsOfTheirKey(t *testing.T) {
	first := func(seed uint64, purpose string, at ...uint64) uint64 { return New(seed, purpose, at...).Uint64() }
	if a, b := first(1, "order", 2, 3), first(1, "order", 2, 3); a != b {
		t.Fatal("the same key gave two streams")
	}
	seen := map[uint64]string{}
	for name, v := range map[string]uint64{
		"base": first(1, "order", 2, 3), "seed": first(2, "order", 2, 3), "purpose": first(1, "crop", 2, 3),
		"number": first(1, "order", 2, 4), "fewer": first(1, "order", 2), "swapped": first(1, "order", 3, 2), "none": first(1, "order"),
	} {
		if other, ok := seen[v]; ok {
			t.Errorf("keys %s and %s give the same stream", name, other)
		}
		seen[v] = name
	}
}

func TestSeedStartsTheStreamAnew(t *testing.T) {
	var g rand.PCG
	r := rand.New(&g)
	for step := range uint64(3) {
		Seed(&g, 7, "lessons", step)
		fresh := New(7, "lessons", step)
		for range 4 {
			if a, b := r.Uint64(), fresh.Uint64(); a != b {
				t.Fatalf("step %d: %d; want %d", step, a, b)
			}
		}
	}
	if n := allocs.PerRun(10, func() { Seed(&g, 7, "lessons", 3) }); n != 0 {
		t.Errorf("seeding allocates %v objects", n)
	}
}
