package chain_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
	"github.com/espalier-nas/espalier/supernet/space/internal/chains"
)

// follows tells from the text of a configuration whether the operations of all
// layers obey forbid and at_most: the rules once more, as a user reads them.
func follows(c chain.Config, ops []string) bool {
	is := func(op, word string) bool {
		switch word {
		case "*":
			return true
		case "conv", "sep":
			return strings.HasPrefix(op, word)
		case "pool":
			return strings.Contains(op, "pool")
		}
		return op == word
	}
	for _, text := range c.Forbid {
		words := strings.Fields(text)
		for at := 0; at+len(words) <= len(ops); at++ {
			match := true
			for k, w := range words {
				match = match && is(ops[at+k], w)
			}
			if match {
				return false
			}
		}
	}
	for word, most := range c.AtMost {
		n := 0
		for _, op := range ops {
			if is(op, word) {
				n++
			}
		}
		if n > most {
			return false
		}
	}
	return true
}

// TestRulesMeanWhatTheySay: Canon accepts exactly the tuples whose operations
// follow the rules, and what it makes of them is what Enumerate lists.
func TestRulesMeanWhatTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ch := chains.Draw(t, 4)
		s := ch.Space()
		canonical := make(map[space.Arch]bool)
		ok := chains.Tuples(s, func(genes []uint8) {
			var ops []string
			for i, d := range s.Decisions() {
				if d.Kind == space.KindOp {
					ops = append(ops, d.Choices[genes[i]])
				}
			}
			a, err := s.Canon(genes)
			if want := follows(ch.Config(), ops); want != (err == nil) {
				t.Fatalf("%v: follows the rules %t, Canon says %v", ops, want, err)
			}
			if err == nil {
				canonical[a] = true
			}
		})
		if !ok {
			t.Skip("too large")
		}
		n := 0
		for a := range s.Enumerate {
			if !canonical[a] {
				t.Fatalf("%s is not canonical", s.Format(a))
			}
			n++
		}
		if n != len(canonical) {
			t.Fatalf("%d canonical, %d enumerated", len(canonical), n)
		}
	})
}

// TestWhatIsNotMade: genes of decisions that cannot change the network are 0.
func TestWhatIsNotMade(t *testing.T) {
	c := chain.Config{
		Stem: 4, Layers: 3, Ops: []string{"conv3x3", "identity"}, Widths: []int{4, 8}, Skips: true,
		Activations: []string{"relu", "gelu"}, Downsample: []int{2},
	}
	s := chains.New(t, c).Space()
	cases := []struct{ text, decision string }{
		{"identity conv3x3:4:relu conv3x3:4:relu", "layer1/width"},
		{"identity conv3x3:4:relu conv3x3:4:relu", "layer1/act"},
		{"identity conv3x3:4:relu conv3x3:4:relu", "layer3/from1"}, // layer 1 passes the stem through
		{"identity identity conv3x3:4:relu", "layer2/act"},
	}
	for _, c := range cases {
		a, err := s.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		i, _ := s.Index(c.decision)
		if s.Active(a.Genes()[:i], i) {
			t.Errorf("%s: %s is made", c.text, c.decision)
		}
	}
	// Identities that change something are sources: layer 2 halves the map, and in
	// the other space layer 2 adds the stem.
	c.Layers = 4
	halving := chains.New(t, c).Space()
	c.Downsample = nil
	adding := chains.New(t, c).Space()
	for text, s := range map[string]*space.Space{
		"identity identity conv3x3:4:relu conv3x3:4:relu+2":        halving,
		"conv3x3:8:relu identity:relu+0 identity conv3x3:4:relu+2": adding,
	} {
		if _, err := s.Parse(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	a, err := s.Parse("conv3x3:8:gelu identity+0:gelu conv3x3:4:relu")
	if err == nil {
		t.Errorf("values after the skips: %s", s.Format(a))
	}
	// With a skip the sum of layer 2 has an activation.
	if _, err = s.Parse("conv3x3:8:gelu identity:gelu+0 conv3x3:4:relu"); err != nil {
		t.Error(err)
	}
}
