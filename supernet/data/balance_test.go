package data

import (
	"slices"
	"testing"
)

// uneven returns a set with so many pictures of each class, in a mixed order.
func uneven(counts ...int) *Set {
	n := 0
	for _, k := range counts {
		n += k
	}
	s := randomSet(n, 4, 4, 1, len(counts))
	at := 0
	for class, k := range counts {
		for range k {
			s.Labels[at*7%n] = uint16(class)
			at++
		}
	}
	return s
}

// Every pass shows each class equally often, classes without pictures aside, and over time no
// picture of a class is shown more than once more often than another of it.
func TestBalancedPasses(t *testing.T) {
	s := uneven(3, 50, 0, 20) // 73 pictures, 7 is prime to it
	o := newClassOrder(s)
	shown := make([]int, s.Len())
	for epoch := range 9 {
		classes := make([]int, 4)
		pass, places := o.pass(5, epoch), map[int]bool{}
		for p := range o.part * len(o.members) {
			places[pass.at(p)] = true
			i, before := o.at(5, epoch, p)
			classes[s.Labels[i]]++
			if shown[i] != before {
				t.Fatalf("epoch %d, position %d: picture %d was shown %d times, not %d", epoch, p, i, shown[i], before)
			}
			shown[i]++
		}
		if want := []int{25, 25, 0, 25}; !slices.Equal(classes, want) || len(places) != 75 {
			t.Errorf("epoch %d shows %v of the classes at %d places; want %v at 75", epoch, classes, len(places), want)
		}
	}
	for class, members := range s.byClass() {
		for _, i := range members {
			if d := shown[i] - shown[members[0]]; d < -1 || d > 1 {
				t.Errorf("of class %d picture %d is shown %d times and %d %d times", class, i, shown[i], members[0], shown[members[0]])
			}
		}
	}
}

// A balanced loader writes what its order says, a function of epoch and index, as many batches as without; a
// picture that comes again is varied anew.
func TestBalancedLoader(t *testing.T) {
	s := uneven(2, 41)
	aug := Augment{Crop: 3, Flip: true, Until: 4}
	l := NewBalancedLoader(s, testNorm(1), aug, 8, 3)
	if l.Batches() != 43/8 {
		t.Fatalf("%d batches; want %d", l.Batches(), 43/8)
	}
	o := newClassOrder(s)
	different := map[string]bool{}
	var b, again Batch
	for epoch := range 5 {
		pass := o.pass(3, epoch)
		for index := range l.Batches() {
			l.Fill(&b, epoch, index)
			l.Fill(&again, epoch, index)
			if !slices.Equal(b.X, again.X) {
				t.Fatalf("epoch %d, batch %d differs the second time", epoch, index)
			}
			for k := range 8 {
				i, before := o.at(3, epoch, pass.at(index*8+k))
				v := Augment{Crop: 3, Flip: true}.draw(3, before, i, 4, 4)
				if epoch >= 4 {
					v = variation{}
				}
				x := b.X[k*16:][:16]
				if int(b.Index[k]) != i || b.Labels[k] != int32(s.Labels[i]) || !slices.Equal(x, naive(s, testNorm(1), aug, i, v)) {
					t.Fatalf("epoch %d, batch %d, picture %d is not picture %d varied for the %dth time", epoch, index, k, i, before)
				}
				if s.Labels[i] == 0 && epoch < 4 {
					different[floatText(x)] = true
				}
			}
		}
	}
	if len(different) < 20 {
		t.Errorf("two pictures were shown in %d ways; want many", len(different))
	}
}
