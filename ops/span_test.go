package ops

import (
	"testing"

	"pgregory.net/rapid"
)

// TestSpans compares the runs with a walk over every value of every window.
func TestSpans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.IntRange(1, 40).Draw(t, "out")
		side := rapid.SampledFrom([]int{1, 3, 5})
		kh, kw := side.Draw(t, "kh"), side.Draw(t, "kw")
		p := rapid.SampledFrom([]*Param{NewDense("d", c, rapid.IntRange(1, 9).Draw(t, "in"), kh, kw, 1), NewDepthwise("w", c, kh, kw), NewVector("v", c)}).Draw(t, "param")
		used := make([]bool, len(p.Data))
		for range rapid.IntRange(0, 3).Draw(t, "windows") {
			cropped := func(k int) int { return k - 2*rapid.IntRange(0, k/2).Draw(t, "crop") }
			w := Window{p, rapid.IntRange(1, p.OutC).Draw(t, "o"), cropped(p.KH), cropped(p.KW), rapid.IntRange(1, p.InC).Draw(t, "i")}
			if p.Layout == DepthwiseLayout {
				w.InC = w.OutC
			}
			w.use()
			w.each(func(at, _ int) { used[at] = true })
		}
		covered, last := make([]bool, len(p.Data)), 0
		for _, s := range p.Spans() {
			if s.Off < last || s.Len <= 0 || s.Off+s.Len > len(p.Data) {
				t.Fatalf("span %+v is out of order or range", s)
			}
			for i := s.Off; i < s.Off+s.Len; i++ {
				covered[i] = true
			}
			last = s.Off + s.Len
		}
		// lanes beyond the last output channel are not used
		p.All().each(func(at, _ int) {
			if covered[at] != used[at] {
				t.Fatalf("value %d: covered %v, used %v", at, covered[at], used[at])
			}
		})
	})
}
