package kernel

// weights are those of a dense correlation, block by block of 16 outputs in the
// layout that tiles read. Workers may share them or pack their own: what one core
// has just written takes another longer to read than to pack itself.
type weights interface {
	// blocks returns n blocks from block first on, for one worker.
	blocks(worker, first, n int) []float32
	// worth returns how many times as large as the maps weights must be for
	// workers to share them rather than the maps.
	worth() int
}

// stored are weights whose stored layout is the one that tiles read.
type stored struct {
	w      []float32
	stride int // floats from block to block
}

func (s *stored) blocks(_, first, _ int) []float32 { return s.w[first*s.stride:] }

func (s *stored) worth() int { return 4 } // each reads what is in the caches already

// packCache records which blocks a worker has packed in this pass.
type packCache struct {
	pass uint64
	in   []uint64 // by block: the pass that it was last packed in
}

// begin begins a pass over so many blocks, none of which is packed.
func (m *packCache) begin(blocks int) {
	m.pass++
	if len(m.in) < blocks {
		m.in = make([]uint64, blocks)
	}
}

// miss reports whether block b is not packed yet in this pass, and counts it as packed
// from now on: the caller packs it.
func (m *packCache) miss(b int) bool {
	if m.in[b] == m.pass {
		return false
	}
	m.in[b] = m.pass
	return true
}
