package kernel

import "testing"

// TestSharingMeetsEachChunkOnce cuts units and blocks in all ways and checks that
// the chunks are all pairs of a unit and a part, and that there are enough of them
// where there can be.
func TestSharingMeetsEachChunkOnce(t *testing.T) {
	for _, byBlocks := range []bool{false, true} {
		for units := 1; units <= 5; units++ {
			for want := 1; want <= 16; want++ {
				for pairs := 1; pairs <= 6; pairs++ {
					s := sharing{byBlocks: byBlocks}
					s.split(units, want, 2, pairs)
					met := map[[2]int]bool{}
					for i := range s.chunks() {
						unit, share := s.chunk(i)
						if unit < 0 || unit >= units || share < 0 || share >= s.splits || met[[2]int{unit, share}] {
							t.Fatalf("%d units, want %d of %d pairs, by blocks %t: chunk %d is unit %d, part %d", units, want, pairs, byBlocks, i, unit, share)
						}
						met[[2]int{unit, share}] = true
					}
					if s.splits > pairs || want > 1 && pairs > 1 && s.chunks() < 2 {
						t.Fatalf("%d units, want %d of %d pairs, by blocks %t: %d parts", units, want, pairs, byBlocks, s.splits)
					}
				}
			}
		}
	}
}
