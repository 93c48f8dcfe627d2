package supernet

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/checkpoint"
	"github.com/espalier-nas/espalier/supernet/space"
)

// A file whose plan cannot be run is one clear error, even if it holds every
// tensor that the plan names.
func TestLoadNetworkRefusesPlansThatCannotRun(t *testing.T) {
	conv := space.Step{Layer: space.Layer{Op: space.Conv, H: 20, W: 20, InC: 2, OutC: 2, K: space.Square(3), S: 1, G: 1}, Weight: "a", Norm: "n", In: []int{space.Image}}
	mean := space.Step{Layer: space.Layer{Op: space.GlobalPool, H: 20, W: 20, InC: 2, OutC: 2}, In: []int{0}}
	linear := space.Step{Layer: space.Layer{Op: space.Linear, H: 1, W: 1, InC: 2, OutC: 2}, Weight: "l", Bias: true, In: []int{1}}
	for _, c := range []struct {
		name, want string
		change     func(p space.Plan)
	}{
		{"nothing", "", func(space.Plan) {}},
		{"large pool", "kernel is 17; want 1 to 16", func(p space.Plan) {
			p[0] = space.Step{Layer: space.Layer{Op: space.MaxPool, H: 20, W: 20, InC: 2, OutC: 2, K: space.Square(17), S: 1}, In: []int{space.Image}}
		}},
		{"linear layer of a map", "reads a map of 20 x 20 pixels", func(p space.Plan) { p[2].Layer.H, p[2].Layer.W, p[2].In = 20, 20, []int{0} }},
		{"map at the end", "puts out 20 x 20 pixels; want 1 x 1, the logits", func(p space.Plan) {
			p[1].Layer.Op, p[2] = space.Identity, conv
			p[2].Weight, p[2].Norm, p[2].Bias, p[2].In = "l", "", true, []int{1}
		}},
		{"weight called like a bias", `"l.bias" is a name of step 0`, func(p space.Plan) { p[0].Weight = "l.bias" }},
		{"weight called like a scale", `"n.scale" is a name of step 2`, func(p space.Plan) { p[2].Weight = "n.scale" }},
		{"weight called like a mean", `"n.mean" is a name of step 2`, func(p space.Plan) { p[2].Weight = "n.mean" }},
		{"weight of two kinds", `reads "a" as a dense weight`, func(p space.Plan) { p[0].Layer.G, p[2].Weight = 2, "a" }},
	} {
		p := space.Plan{conv, mean, linear}
		c.change(p)
		path := filepath.Join(t.TempDir(), "network.msgpack")
		writePlan(t, path, p)
		_, err := LoadNetwork(path)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v; want an error that names the file, with %q", c.name, err, c.want)
		}
	}
}

// writePlan writes a network file with the tensors that a plan of two channels
// and two classes names, each once.
func writePlan(t *testing.T, path string, p space.Plan) {
	t.Helper()
	label := Label{Classes: []string{"x", "y"}, Mean: []float32{0, 0}, Std: []float32{1, 1}}
	f, err := newFile(KindNetwork, networkHeader{label, p})
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	add := func(name string, shape ...int) {
		if have[name] {
			return
		}
		have[name] = true
		n := 1
		for _, d := range shape {
			n *= d
		}
		f.Tensors = append(f.Tensors, checkpoint.Tensor{Name: name, Shape: shape, Data: make([]float32, n)})
	}
	for _, s := range p {
		l := s.Layer
		if s.Weight != "" {
			add(s.Weight, l.OutC, l.InC/max(1, l.G), max(1, l.K.H), max(1, l.K.W))
		}
		if s.Bias {
			add(biasName(s.Weight), l.OutC)
		}
		if s.Norm != "" {
			for _, name := range []string{scaleName(s.Norm), shiftName(s.Norm), meanName(s.Norm), varName(s.Norm)} {
				add(name, l.OutC)
			}
		}
	}
	if err := checkpoint.Write(path, f); err != nil {
		t.Fatal(err)
	}
}

// Copies of a shared weight get names that nothing else has.
func TestFoldFindsFreeNames(t *testing.T) {
	conv := space.Layer{Op: space.Conv, H: 5, W: 5, InC: 2, OutC: 2, K: space.Square(3), S: 1, G: 1}
	p := space.Plan{
		{Layer: conv, Weight: "a", Norm: "n", In: []int{space.Image}},
		{Layer: conv, Weight: "a", Norm: "m", In: []int{0}},
		{Layer: conv, Weight: "a@1", Norm: "n", In: []int{1}},
		{Layer: space.Layer{Op: space.GlobalPool, H: 5, W: 5, InC: 2, OutC: 2}, In: []int{2}},
	}
	foldsAlike(t, p)
}

// A bias in front of a sum is scaled by the sum's norm, and stays.
func TestFoldKeepsBiases(t *testing.T) {
	conv := space.Layer{Op: space.Conv, H: 5, W: 5, InC: 2, OutC: 2, K: space.Square(3), S: 1, G: 1}
	foldsAlike(t, space.Plan{
		{Layer: conv, Weight: "a", Bias: true, In: []int{space.Image}},
		{Layer: conv, Weight: "b", In: []int{space.Image}},
		{Layer: space.Layer{Op: space.Add, H: 5, W: 5, InC: 2, OutC: 2, FanIn: 2}, Norm: "n", In: []int{0, 1}},
		{Layer: space.Layer{Op: space.GlobalPool, H: 5, W: 5, InC: 2, OutC: 2}, In: []int{2}},
	})
}

// foldsAlike fails unless a network of a plan, with biases and norms of its own, has the same
// logits when it is folded.
func foldsAlike(t *testing.T, p space.Plan) {
	t.Helper()
	n, err := NewNetwork(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range n.net.params {
		if p.Layout == ops.VectorLayout {
			for c := range p.Data {
				p.Data[c] += float32(c+2) / 4
			}
		}
	}
	e, x := exec(t, 1), make([]float32, 50)
	for i := range x {
		x[i] = float32(i%7) - 3
	}
	logits := func(n *Network) []float32 {
		e.Begin(false)
		return slices.Clone(n.Forward(e, e.Input(1, 5, 5, 2, x)).Data)
	}
	want, got := logits(n), logits(n.Fold())
	for c := range want {
		if d := math.Abs(float64(got[c] - want[c])); !(d < 1e-5) {
			t.Errorf("logits %v; want %v", got, want)
		}
	}
}
