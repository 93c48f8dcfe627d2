package kernel

// sharing is how a dense correlation is cut into chunks: units of pixels by parts
// of the output blocks. Workers share the units, and each lays out the weights that
// its units need; where weights are large beside the maps, they share the blocks.
type sharing struct {
	byBlocks      bool
	units, splits int
}

// split cuts so many units by so many sets of blocks into about want
// chunks; by blocks, into a part for each worker.
func (s *sharing) split(units, want, workers, sets int) {
	s.units, s.splits = units, 1
	if s.byBlocks && want > 1 {
		s.splits = min(sets, workers)
	} else if 2*units <= want {
		s.splits = min(sets, parts(want, units))
	}
}

func (s *sharing) chunks() int { return s.units * s.splits }

// chunk returns the unit and the part of the blocks of chunk i. Neighbours are
// those that use what one worker has: the weights, or the pixels.
func (s *sharing) chunk(i int) (unit, share int) {
	if s.byBlocks {
		return i % s.units, i / s.units
	}
	return i / s.splits, i % s.splits
}
