package chain

import (
	"maps"
	"slices"
	"strings"

	"github.com/espalier-nas/espalier/supernet/space"
)

// rules couples the decisions of a chain: forbidden sequences of
// operations, and operations that may occur a limited number of times.
type rules struct {
	layers []layer
	layer  []int // layer of each decision
	forbid [][]string
	limits []opLimit
	text   string
}

// opLimit lets at most max layers choose an operation that word matches.
type opLimit struct {
	word string
	max  int
}

func newRules(c Config, layers []layer, ds []space.Decision, text string) *rules {
	r := &rules{layers: layers, text: text}
	for _, d := range ds {
		r.layer = append(r.layer, d.Layer)
	}
	for _, f := range c.Forbid {
		r.forbid = append(r.forbid, strings.Fields(f))
	}
	for _, word := range slices.Sorted(maps.Keys(c.AtMost)) {
		r.limits = append(r.limits, opLimit{word, c.AtMost[word]})
	}
	return r
}

// String returns all that defines the family beyond the decisions.
func (r *rules) String() string { return r.text }

// Allowed checks the operation that would be chosen against those before it.
func (r *rules) Allowed(prefix []uint8, i, c int) bool {
	n := r.layer[i]
	if i != r.layers[n].op {
		return true
	}
	op := r.layers[n].ops[c]
	for _, words := range r.forbid {
		if r.ends(prefix, n, op, words) {
			return false
		}
	}
	for _, lim := range r.limits {
		if op.matches(lim.word) && r.chosen(prefix, n, lim.word) >= lim.max {
			return false
		}
	}
	return true
}

// ends reports whether the operations of layers ..., n-1 and then op end with a
// sequence that words matches.
func (r *rules) ends(prefix []uint8, n int, op op, words []string) bool {
	last := len(words) - 1
	return op.matches(words[last]) && r.endsBefore(prefix, n, words[:last])
}

// endsBefore reports whether the layers just before layer n match words.
func (r *rules) endsBefore(prefix []uint8, n int, words []string) bool {
	if len(words) > n {
		return false
	}
	for k, word := range words {
		if !r.layers[n-len(words)+k].chosenOp(prefix).matches(word) {
			return false
		}
	}
	return true
}

// chosen counts the layers before n whose operation word matches.
func (r *rules) chosen(prefix []uint8, n int, word string) int {
	count := 0
	for k := range n {
		if r.layers[k].chosenOp(prefix).matches(word) {
			count++
		}
	}
	return count
}

// AppendState implements Stater. What matters of a prefix: how far each
// forbidden sequence has come, how often each limited operation was chosen,
// inside a layer whether it is an identity and has chosen a skip, and how many
// outputs later skips can read.
func (r *rules) AppendState(dst, prefix []uint8, left [][]bool) []byte {
	n, inside := len(r.layers), false
	if len(prefix) < len(r.layer) {
		n = r.layer[len(prefix)]
		inside = len(prefix) > r.layers[n].op
	}
	done := n // layers whose operation is chosen
	if inside {
		done++
	}
	for _, words := range r.forbid {
		var reached byte // bit t: the last t operations match the first t words
		for t := 1; t < len(words); t++ {
			if r.endsBefore(prefix, done, words[:t]) {
				reached |= 1 << t
			}
		}
		dst = append(dst, reached)
	}
	for _, lim := range r.limits {
		dst = append(dst, byte(r.chosen(prefix, done, lim.word)))
	}
	var progress byte
	if inside && r.layers[n].isIdentity(prefix) {
		progress = 1
		if r.layers[n].skipChosen(prefix) {
			progress = 2
		}
	}
	return r.appendSources(append(dst, progress), prefix, n, left)
}

// appendSources appends how many outputs of layers before n can be read by the
// skips that follow prefix. Outputs that the same skips with the same choices
// left can read are counted together: which of them pass their input through
// does not change the number of completions.
func (r *rules) appendSources(dst, prefix []uint8, n int, left [][]bool) []byte {
	if n == len(r.layers) || len(r.layers[len(r.layers)-1].skips) == 0 {
		return dst
	}
	base := len(dst)
	var first [maxLayers]int // first source of each kind
	for j := range n {
		kinds := len(dst) - base
		k := slices.IndexFunc(first[:kinds], func(f int) bool { return r.sameReaders(f, j, n, len(prefix), left) })
		if k < 0 {
			k = kinds
			first[k] = j
			dst = append(dst, 0)
		}
		if !r.layers[j].passes(prefix) {
			dst[base+k]++
		}
	}
	return dst
}

// sameReaders reports whether layers a and b, as sources, meet the same choices
// in the skips of layers n, n+1, ... from decision next on.
func (r *rules) sameReaders(a, b, n, next int, left [][]bool) bool {
	for i := n; i < len(r.layers); i++ {
		da, db := r.layers[i].skipFrom(a), r.layers[i].skipFrom(b)
		pending := da >= next
		if pending != (db >= next) || pending && !slices.Equal(left[da], left[db]) {
			return false
		}
	}
	return true
}
