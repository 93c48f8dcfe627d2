package run

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/checkpoint"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// What a search says of its data, its networks and its trials is computed again
// from the pictures and the weights. It takes a search with two networks, one of
// which differs on validation and test.
func TestSearchIsRecomputed(t *testing.T) {
	seeds(t, func(seed uint64) bool {
		w := newWorld(t, func(i int) float64 { return 1 + 0.01*float64(i%7) })
		w.cfg.Seed = seed
		s := w.search("run")
		c := recomputed{t: t, w: w, s: s, e: exec(t, s.cfg.Kernel)}
		c.splits()
		c.norm = plainNorm(s.splits.Train)
		seen := c.networks()
		c.trials()
		return seen
	})
}

type recomputed struct {
	t    *testing.T
	w    *world
	s    searched
	e    *ops.Exec
	norm data.Normalization
}

// splits checks who is in which split: every picture of the training file is in
// one of two, a fifth of each class in the second; the test file is the third.
func (c recomputed) splits() {
	seen := map[string]int{}
	for _, set := range []*data.Set{c.s.splits.Train, c.s.splits.Val} {
		for i := range set.Len() {
			seen[string(set.Image(i))]++
		}
	}
	for p, n := range seen {
		if n != 1 {
			c.t.Errorf("a picture occurs %d times in training and validation: %x…", n, p[:8])
		}
	}
	if got := c.s.splits.Val.ClassCounts(); len(seen) != netTrain || !slices.Equal(got, []int{16, 16, 16}) {
		c.t.Errorf("%d pictures, %v of them for validation; want %d and 16 of each class", len(seen), got, netTrain)
	}
	want := netPictures(netTest, 2, 70)
	if !slices.Equal(c.s.splits.Test.Pix, want.Pix) || !slices.Equal(c.s.splits.Test.Labels, want.Labels) {
		c.t.Error("the test split is not the test file")
	}
}

// plainNorm returns mean and population deviation of each channel of value/255.
func plainNorm(s *data.Set) data.Normalization {
	n := data.Normalization{Mean: make([]float32, s.C), Std: make([]float32, s.C)}
	for c := range s.C {
		sum, squares, count := 0.0, 0.0, 0.0
		for i := c; i < len(s.Pix); i += s.C {
			v := float64(s.Pix[i]) / 255
			sum, squares, count = sum+v, squares+v*v, count+1
		}
		mean := sum / count
		n.Mean[c], n.Std[c] = float32(mean), float32(math.Sqrt(squares/count-mean*mean))
	}
	return n
}

// networks checks the files of the Pareto set and what the report says of them.
func (c recomputed) networks() (seen bool) {
	t, differ := c.t, false
	for _, n := range c.s.report.Pareto {
		a := c.w.arch(n.Arch)
		net := c.load(n.File, a)
		for name, want := range map[*data.Set]float64{c.s.splits.Val: n.Validation, c.s.splits.Test: *n.Test} {
			if got := right(t, c.e, net, c.norm, name, name.Len()); math.Abs(got-want) > 1e-9 {
				t.Errorf("%s: accuracy on %d pictures is reported as %v; want %v", n.Name, name.Len(), want, got)
			}
		}
		if got := right(t, c.e, c.deploy(a), c.norm, c.s.splits.Val, c.s.splits.Val.Len()); math.Abs(got-n.Inherited) > 1e-9 {
			t.Errorf("%s: inherited accuracy is reported as %v; want %v", n.Name, n.Inherited, got)
		}
		differ = differ || n.Validation != *n.Test
		if got, want := n.Measured.Median, c.w.measured[a]/4; math.Abs(got/want-1) > 1e-9 {
			t.Errorf("%s: %v s per picture; want %v, a quarter of a pass of 4", n.Name, got, want)
		}
		c.sizes(n.Name, a, n.FLOPs, n.Params)
	}
	if want := len(c.s.report.Pareto); c.s.report.Test.Networks != want || len(c.s.state.Tests) != want {
		t.Errorf("%d networks were tested; want %d", c.s.report.Test.Networks, want)
	}
	return differ && len(c.s.report.Pareto) >= 2
}

// load reads a network file and checks its plan, its normalisation and the
// statistics that it was saved with.
func (c recomputed) load(file string, a space.Arch) *supernet.Network {
	t := c.t
	n, err := supernet.LoadNetwork(c.s.dir.Path(file))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(c.w.family.Plan(a), n.Plan()); d != "" {
		t.Errorf("%s: plan differs from the architecture's (-want +got):\n%s", file, d)
	}
	for i, v := range c.norm.Mean {
		if got := n.Normalization(); math.Abs(float64(got.Mean[i]-v)) > 1e-6 || math.Abs(float64(got.Std[i]-c.norm.Std[i])) > 1e-6 {
			t.Errorf("%s: normalisation is %v; want %v, that of the training split", file, got, c.norm)
		}
	}
	checkStem(t, c.s.dir.Path(file), n, c.s.splits.Train, c.norm)
	return n
}

// checkStem compares the stored mean of the first convolution's output with that
// over all pictures of a set.
func checkStem(t *testing.T, path string, n *supernet.Network, s *data.Set, norm data.Normalization) {
	t.Helper()
	f, err := checkpoint.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(f.Tensors, func(x checkpoint.Tensor) bool { return x.Name == "stem/norm.mean" })
	if at < 0 {
		t.Fatalf("%s has no stem/norm.mean", path)
	}
	want := stemMeans(n, s, norm)
	for c, v := range f.Tensors[at].Data {
		if math.Abs(float64(v)-want[c]) > 1e-5 {
			t.Errorf("%s: mean of channel %d of the stem is %v; want %v, that over the training pictures", path, c, v, want[c])
		}
	}
}

// stemMeans convolves all pictures of a set with the stem's 3x3 filters.
func stemMeans(n *supernet.Network, s *data.Set, norm data.Normalization) []float64 {
	at := slices.IndexFunc(n.Net().Params(), func(p *ops.Param) bool { return p.Name == "stem" })
	p := n.Net().Params()[at]
	means := make([]float64, p.OutC)
	for i := range s.Len() {
		for y := range s.H {
			for x := range s.W {
				for tap := range 9 {
					yy, xx := y+tap/3-1, x+tap%3-1
					if yy < 0 || yy >= s.H || xx < 0 || xx >= s.W {
						continue
					}
					for c := range s.C {
						v := (float64(s.Image(i)[(yy*s.W+xx)*s.C+c])/255 - float64(norm.Mean[c])) / float64(norm.Std[c])
						for o := range means {
							means[o] += v * float64(p.Data[p.Index(o, c, tap/3, tap%3)]) / float64(s.Len()*s.H*s.W)
						}
					}
				}
			}
		}
	}
	return means
}

// sizes counts operations and numbers of an architecture's layers.
func (c recomputed) sizes(name string, a space.Arch, flops, params int64) {
	c.t.Helper()
	var ops, numbers int
	for _, s := range c.w.family.Plan(a) {
		l := s.Layer
		out := l.OutH() * l.OutW() * l.OutC
		switch l.Op {
		case space.Conv:
			ops += 2 * out * l.K * l.K * l.InC / l.G
			numbers += l.OutC * l.K * l.K * l.InC / l.G
		case space.Linear:
			ops += 2 * l.InC * l.OutC
			numbers += l.InC*l.OutC + l.OutC
		case space.AvgPool:
			ops += out * l.K * l.K
		case space.Add:
			ops += out * (len(s.In) - 1)
		case space.GlobalPool:
			ops += l.H * l.W * l.InC
		}
		if s.Norm != "" {
			numbers += 2 * l.OutC
		}
	}
	if int64(ops) != flops || int64(numbers) != params {
		c.t.Errorf("%s: %d operations and %d parameters; want %d and %d", name, flops, params, ops, numbers)
	}
}

// trials checks the accuracy, latency and sizes of every trial that was judged on
// the supernet, and how many there are.
func (c recomputed) trials() {
	t := c.t
	counts := map[string]int{}
	nets := map[space.Arch]*supernet.Network{}
	for _, x := range c.s.trials {
		first := c.judgedOn(x.Arm)
		if first == 0 {
			continue
		}
		counts[armKind(x.Arm)]++
		a := c.w.arch(x.Arch)
		if nets[a] == nil {
			nets[a] = c.deploy(a)
		}
		if got := right(t, c.e, nets[a], c.norm, c.s.splits.Val, first); math.Abs(got-x.Accuracy) > 1e-9 {
			t.Errorf("trial %d of %s: accuracy %v; want %v on %d validation pictures", x.Index, x.Arm, x.Accuracy, got, first)
		}
		if want := c.w.measured[a] / 4; math.Abs(x.Latency/want-1) > 0.2 {
			t.Errorf("trial %d of %s: predicted %v s per picture; want about %v", x.Index, x.Arm, x.Latency, want)
		}
		c.sizes(x.Arm, a, x.FLOPs, x.Params)
	}
	if own := counts["sample"] + counts["round"]; counts["sample"] != 12 || counts["random"] != own {
		t.Errorf("trials %v; want 12 samples, and as many random ones as samples and picks", counts)
	}
}

// armKind returns an arm's name without its number.
func armKind(arm string) string {
	if kind, _, ok := strings.Cut(arm, " "); ok && kind == armRound {
		return kind
	}
	return arm
}

// judgedOn returns the number of validation pictures that an arm is judged on, 0
// for one that is scored by prediction.
func (c recomputed) judgedOn(arm string) int {
	switch armKind(arm) {
	case armSample, armRound, armRandom:
		return netCompared
	case armFinal, armRandomFinal:
		return c.s.splits.Val.Len()
	}
	return 0
}

// deploy cuts an architecture out of the trained supernet, calibrated on all
// training pictures.
func (c recomputed) deploy(a space.Arch) *supernet.Network {
	v, err := supernet.NewEvaluator(c.e, c.s.net, c.s.splits.Train, c.s.splits.Train, c.norm, supernet.EvalOptions{Calibration: 1000, Batch: 20, Seed: c.w.cfg.Seed})
	if err != nil {
		c.t.Fatal(err)
	}
	n, err := v.Deploy(context.Background(), a, supernet.Label{Classes: c.s.splits.Val.Classes})
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}
