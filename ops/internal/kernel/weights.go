package kernel

// weights are those of a dense correlation, block by block of 16 outputs in the
// layout that tiles read. Workers may share them or make their own: what one core
// has just written takes another longer to read than to make itself.
type weights interface {
	// blocks returns n blocks from block first on, for one worker.
	blocks(worker, first, n int) []float32
	// worth returns how many times as large as the maps weights must be for
	// workers to share them rather than the maps.
	worth() int
}

// stored are weights that rest as tiles read them.
type stored struct {
	w      []float32
	stride int // floats from block to block
}

func (s *stored) blocks(_, first, _ int) []float32 { return s.w[first*s.stride:] }

func (s *stored) worth() int { return 4 } // each reads what is in the caches already

// made notes which blocks a worker has made in this pass.
type made struct {
	pass uint64
	in   []uint64 // by block: the pass that it was last made in
}

// begin begins a pass over so many blocks, none of which is made.
func (m *made) begin(blocks int) {
	m.pass++
	if len(m.in) < blocks {
		m.in = make([]uint64, blocks)
	}
}

// missing reports whether block b has yet to be made, once in a pass.
func (m *made) missing(b int) bool {
	if m.in[b] == m.pass {
		return false
	}
	m.in[b] = m.pass
	return true
}
