package onnx

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// TestWrittenEqualsRead: a network that was written and read is the same
// network, whose logits are the same bits.
func TestWrittenEqualsRead(t *testing.T) {
	e, r := newExec(t), rand.New(rand.NewPCG(1, 2))
	for _, n := range networks(t, 4) {
		b := encoded(t, n.net)
		again, err := Read(bytes.NewReader(b))
		if err != nil {
			t.Errorf("%s: %v", n.name, err)
			continue
		}
		// Which paths training may leave out is no matter of a model that serves.
		if d := cmp.Diff(n.net.Plan(), again.Plan(), cmpopts.IgnoreFields(space.Step{}, "Path", "Auxiliary")); d != "" {
			t.Errorf("%s: the plan differs (-written +read):\n%s", n.name, d)
		}
		if d := cmp.Diff(n.net.Label(), again.Label()); d != "" {
			t.Errorf("%s: the label differs (-written +read):\n%s", n.name, d)
		}
		if !bytes.Equal(b, encoded(t, again)) {
			t.Errorf("%s: what was read is written differently", n.name)
		}
		x := pictures(n.net, 3, r)
		if !slices.EqualFunc(predict(t, e, n.net, x), predict(t, e, again, x), sameBits) {
			t.Errorf("%s: the logits differ", n.name)
		}
	}
}

// TestFileIsReplacedOrKept: a model file takes the place of the old one only
// once it is whole.
func TestFileIsReplacedOrKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.onnx")
	r := rand.New(rand.NewPCG(1, 2))
	n := fill(t, everyOp(), r, true)
	for range 2 {
		if err := Save(path, n); err != nil {
			t.Fatal(err)
		}
	}
	want := encoded(t, n)
	if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, want) {
		t.Errorf("the file holds something else than the model (%v)", err)
	}
	if !Is(want) || Is(want[:5]) || Is([]byte("\x08\x08\x12\x07pytorch")) {
		t.Error("models of ours are not told from others")
	}
	if _, err := Load(path); err != nil {
		t.Error(err)
	}
	p := everyOp()
	p[5].Weight = inputName
	if err := Save(path, fill(t, p, r, true)); err == nil {
		t.Error("a model with one name for two tensors was written")
	}
	if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, want) {
		t.Errorf("a failed Save changed the file (%v)", err)
	}
}

// TestUnwritableNetworks: what a model cannot say is an error that names it.
func TestUnwritableNetworks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	cut := everyOp()[:3]
	for _, c := range []struct {
		name string
		p    parts
		want string
	}{
		{"maps for logits", *partsOf(fill(t, cut, r, false)), "step 2"},
		{"half a label", withLabel(t, supernet.Label{Classes: []string{"a", "b", "c", "d"}}), "4 classes, 0 means"},
		{"deviation of 0", withLabel(t, supernet.Label{Classes: make([]string, 4), Mean: make([]float32, 3), Std: []float32{1, 0, 1}}), "channel 1"},
		{"text that is no UTF-8", withLabel(t, supernet.Label{Arch: "\xff"}), "UTF-8"},
		{"linear layer of a map", linearOfMap(), "5 x 4 pixels"},
	} {
		_, err := build(&c.p)
		wantError(t, c.name, err, c.want)
	}
}

func withLabel(t *testing.T, l supernet.Label) parts {
	t.Helper()
	p := partsOf(fill(t, everyOp(), rand.New(rand.NewPCG(1, 2)), false))
	p.label = l
	return *p
}

func linearOfMap() parts {
	p := everyOp()
	p[12].Layer.H, p[12].Layer.W, p[12].In = 5, 4, []int{6}
	return parts{plan: p}
}
