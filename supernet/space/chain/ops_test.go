package chain_test

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space/internal/chains"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// Every operation is what its name says, read here apart from the table: kind, height and
// width of the kernel, and dilation. Dilated ones share no weight with the others.
func TestOperationsAreWhatTheyAreCalled(t *testing.T) {
	kinds := map[string]space.Op{"conv": space.Conv, "sep": space.Conv, "maxpool": space.MaxPool, "avgpool": space.AvgPool}
	form := regexp.MustCompile(`^([a-z]+)(\d)x(\d)(?:d(\d))?$`)
	for _, name := range chain.Ops() {
		if name == "identity" {
			continue
		}
		part := form.FindStringSubmatch(name)
		if part == nil {
			t.Fatalf("%s is not of the form %v", name, form)
		}
		h, _ := strconv.Atoi(part[2])
		w, _ := strconv.Atoi(part[3])
		dil, _ := strconv.Atoi(part[4]) // "": 0
		ch := chains.New(t, chain.Config{Stem: 4, Layers: 1, Ops: []string{name}, Widths: []int{8}, ElasticKernel: true})
		s := ch.Plan(ch.Extremes().Largest)[1]
		l, want := s.Layer, space.Sides{H: h, W: w}
		if l.Op != kinds[part[1]] || l.K != want || l.Dil != dil || l.Depthwise() != (part[1] == "sep") {
			t.Errorf("%s is computed as %v", name, l)
		}
		if own := "layer1/" + name; dil > 0 && s.Weight != own || dil == 0 && s.Weight == own {
			t.Errorf("%s reads %s", name, s.Weight)
		}
	}
}
