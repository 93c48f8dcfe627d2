package space

import (
	"maps"
	"slices"
	"strings"
)

// chainRules couples the decisions of a chain: forbidden sequences of
// operations, operations that may occur a limited number of times, and which
// decisions an identity layer makes.
type chainRules struct {
	layers []chainLayer
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

func newChainRules(c ChainConfig, layers []chainLayer, ds []Decision, text string) *chainRules {
	r := &chainRules{layers: layers, text: text}
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
func (r *chainRules) String() string { return r.text }

// Active: an identity layer has the width of its input, and without a chosen
// skip it computes nothing that an activation could follow.
func (r *chainRules) Active(prefix []uint8, i int) bool {
	l := &r.layers[r.layer[i]]
	switch i {
	case l.width:
		return !l.isIdentity(prefix)
	case l.act:
		return !l.isIdentity(prefix) || l.skipChosen(prefix)
	}
	return true
}

// Allowed checks the operation that would be chosen against those before it.
func (r *chainRules) Allowed(prefix []uint8, i, c int) bool {
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
func (r *chainRules) ends(prefix []uint8, n int, op chainOp, words []string) bool {
	last := len(words) - 1
	return op.matches(words[last]) && r.endsBefore(prefix, n, words[:last])
}

// endsBefore reports whether the layers just before layer n match words.
func (r *chainRules) endsBefore(prefix []uint8, n int, words []string) bool {
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
func (r *chainRules) chosen(prefix []uint8, n int, word string) int {
	count := 0
	for k := range n {
		if r.layers[k].chosenOp(prefix).matches(word) {
			count++
		}
	}
	return count
}

// AppendState implements Stater. What the rules remember of a prefix: how far
// each forbidden sequence has come, how often each limited operation was chosen,
// and inside a layer whether it is an identity and has chosen a skip.
func (r *chainRules) AppendState(dst, prefix []uint8) []byte {
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
	if !inside || !r.layers[n].isIdentity(prefix) {
		return append(dst, 0)
	}
	if r.layers[n].skipChosen(prefix) {
		return append(dst, 2)
	}
	return append(dst, 1)
}
