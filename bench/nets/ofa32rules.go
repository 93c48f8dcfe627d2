package nets

// depthRules makes the decisions of the blocks that their stage's depth keeps.
type depthRules struct {
	places []place // of each decision
	text   string
}

// place is where a decision belongs.
type place struct {
	stage *stage
	depth int // decision that holds the stage's depth
	block int // from 0, in the stage
}

// String returns what defines the family beyond its decisions.
func (r *depthRules) String() string { return r.text }

// Active reports whether decision i belongs to a block in use.
func (r *depthRules) Active(prefix []uint8, i int) bool {
	p := &r.places[i]
	return i == p.depth || p.block < p.stage.depths[prefix[p.depth]]
}

// Allowed allows every choice.
func (r *depthRules) Allowed([]uint8, int, int) bool { return true }

// AppendState implements space.Stater: inside a stage its depth is all that
// later decisions depend on.
func (r *depthRules) AppendState(dst, prefix []uint8, _ [][]bool) []byte {
	i := len(prefix)
	if i == len(r.places) || i == r.places[i].depth {
		return dst
	}
	return append(dst, prefix[r.places[i].depth])
}
