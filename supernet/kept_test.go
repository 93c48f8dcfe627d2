package supernet

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// keep writes the files of the present version. Those of a version that was published are
// never written again: a new version gets new names.
var keep = flag.Bool("keep", false, "TestFilesOfEveryVersionAreRead: write the files of the present version")

// keptChain is the space of the kept files; it must stay as it is.
func keptChain(t *testing.T) *chain.Family {
	t.Helper()
	c, err := chain.New(chain.Config{Name: "kept", Stem: 4, Layers: 2, Ops: []string{"conv3x3", "sep3x3"}, Widths: []int{4, 8}, Skips: true}, space.Input{H: 9, W: 9, C: 2, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Files of each schema version, written when it was the present one, are read by all later
// versions with the weights that they had.
func TestFilesOfEveryVersionAreRead(t *testing.T) {
	e, c := exec(t, 1), keptChain(t)
	o := trainOptions
	o.Average = 0.2
	training, network := filepath.Join("testdata", "schema1-supernet.msgpack"), filepath.Join("testdata", "schema1-network.msgpack")
	if *keep {
		tr := trainer(t, e, c, sampler(t, "uniform", c), o)
		run(t, tr, 4)
		w, err := evaluator(t, e, tr.net).Deploy(context.Background(), c.Extremes().Smallest, Label{Arch: c.Space().Format(c.Extremes().Smallest), SpaceID: c.Space().ID(), Classes: shapes(3, 1).Classes})
		if err := errors.Join(err, os.MkdirAll("testdata", 0o755), tr.Save(training, []byte(`{"note":1}`)), w.Save(network)); err != nil {
			t.Fatal(err)
		}
		t.Log(tr.net.Hash(), tr.Averaged().Hash(), w.Net().Hash())
	}
	fresh := trainer(t, e, c, sampler(t, "uniform", c), o)
	owner, err := fresh.Load(training)
	if err != nil || string(owner) != `{"note":1}` || fresh.Step() != 4 || fresh.net.Hash() != keptHash || fresh.Averaged().Hash() != keptAverage {
		t.Errorf("training: %v, owner %s, step %d, weights %s, averaged %s", err, owner, fresh.Step(), fresh.net.Hash(), fresh.Averaged().Hash())
	}
	net := New(c, 1)
	if h, err := net.Load(training); err != nil || h.Step != 4 || net.Hash() != keptAverage {
		t.Errorf("supernet: %v, step %d, weights %s", err, h.Step, net.Hash())
	}
	n, err := LoadNetwork(network)
	if err != nil {
		t.Fatal(err)
	}
	if n.Net().Hash() != keptNetwork || n.Label().Arch != c.Space().Format(c.Extremes().Smallest) {
		t.Errorf("network: weights %s of %s", n.Net().Hash(), n.Label().Arch)
	}
}

// The hashes of what the kept files of schema 1 hold.
const (
	keptHash    = "c983a16765aca8cf"
	keptAverage = "062c4a1eb42b3b8a"
	keptNetwork = "506b8badad201367"
)
