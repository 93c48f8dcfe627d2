package search

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/checkpoint"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// What a search says of its data, its networks, its trials and its comparison is
// computed again from the pictures, the weights and the trials. It takes a search
// that shows the difference between what could be confused.
func TestSearchIsRecomputed(t *testing.T) {
	seeds(t, func(seed uint64) bool {
		w := newWorld(t, func(i int) float64 { return 1 + 0.01*float64(i%7) })
		w.cfg.Seed = seed
		s := w.search("run")
		c := recomputed{t: t, w: w, s: s, e: exec(t, string(s.cfg.Kernel))}
		c.splits()
		c.norm = plainNorm(s.splits.Train)
		c.trials()
		c.randomCandidates()
		c.comparison()
		c.front()
		c.latencies()
		c.checks()
		c.sources()
		c.predictions()
		c.sharing()
		return c.networks()
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
	if !slices.Equal(pixelsOf(c.s.splits.Test), want.Pix) || !slices.Equal(c.s.splits.Test.Labels, want.Labels) {
		c.t.Error("the test split is not the test file")
	}
}

// plainNorm returns mean and population deviation of each channel of value/255.
func plainNorm(s *data.Set) data.Normalization {
	n := data.Normalization{Mean: make([]float32, s.C), Std: make([]float32, s.C)}
	for c := range s.C {
		sum, squares, count := 0.0, 0.0, 0.0
		pix := pixelsOf(s)
		for i := c; i < len(pix); i += s.C {
			v := float64(pix[i]) / 255
			sum, squares, count = sum+v, squares+v*v, count+1
		}
		mean := sum / count
		n.Mean[c], n.Std[c] = float32(mean), float32(math.Sqrt(squares/count-mean*mean))
	}
	return n
}

// networks checks the files of what is handed over and what the report says of them
// and of the other finished networks.
func (c recomputed) networks() (seen bool) {
	t, differ, arms := c.t, false, map[string]bool{}
	for _, n := range c.s.report.Pareto {
		net := c.load(n.File, c.w.arch(n.Arch))
		for set, want := range map[*data.Set]float64{c.s.splits.Val: n.Validation, c.s.splits.Test: *n.Test} {
			if got := right(t, c.e, net, c.norm, set, set.Len()); math.Abs(got-want) > 1e-9 {
				t.Errorf("%s: accuracy on %d pictures is reported as %v; want %v", n.Name, set.Len(), want, got)
			}
		}
		if c.s.state.Tests[n.Name].ByClass == nil || n.ByClass == nil || math.Abs(n.ByClass.Matrix.Accuracy()-*n.Test) > 1e-9 || n.ByClass.Balanced != n.ByClass.Matrix.Balanced() {
			t.Errorf("%s: by class %+v; want it to be of the test split", n.Name, n.ByClass)
		}
		if want := 1.96 * math.Sqrt(*n.Test*(1-*n.Test)/netTest); math.Abs(n.TestError-want) > 1e-9 {
			t.Errorf("%s: half of the interval is %v; want %v", n.Name, n.TestError, want)
		}
		differ = differ || n.Validation != *n.Test && n.Validation != n.Inherited
		arms[n.Arm] = true
		c.network(n)
	}
	for _, n := range c.s.report.Others {
		if n.Test != nil || n.File != "" {
			t.Errorf("%s is not handed over, but has test accuracy %v and file %q", n.Name, n.Test, n.File)
		}
		at := slices.IndexFunc(c.s.rungs, func(g rundir.Rung) bool { return g.Arch == n.Arch && g.Rung == 2 })
		if name := filepath.Base(rungFile(c.s.rungs[at])); name != n.Name+"-2.msgpack" {
			t.Errorf("%s is %s in the folder; want one name for both", n.Name, name)
		}
		c.network(n)
	}
	if want := len(c.s.report.Pareto); c.s.report.Test.Networks != want || len(c.s.state.Tests) != want {
		t.Errorf("%d networks were tested; want %d", c.s.report.Test.Networks, want)
	}
	return differ && len(arms) == 2
}

// network checks what does not need the file of a finished network.
func (c recomputed) network(n report.Network) {
	t, a := c.t, c.w.arch(n.Arch)
	if got, want := n.Measured.Median, c.w.measured[a]/4; math.Abs(got/want-1) > 1e-9 {
		t.Errorf("%s: %v s per picture; want %v, a quarter of a pass of 4", n.Name, got, want)
	}
	c.sizes(n.Name, a, n.FLOPs, n.Params)
	val := c.s.splits.Val
	if got := right(t, c.e, c.deploy(a), c.norm, val, val.Len()); math.Abs(got-n.Inherited) > 1e-9 {
		t.Errorf("%s: inherited accuracy is reported as %v; want %v", n.Name, n.Inherited, got)
	}
	steps, seconds, last := 0, 0.0, rundir.Rung{}
	for _, g := range c.s.rungs {
		if g.Arch == n.Arch {
			steps, seconds, last = steps+g.Steps, seconds+g.Seconds, g
		}
	}
	at := slices.IndexFunc(c.s.trials, func(x rundir.Trial) bool { return x.Arch == n.Arch && c.evaluatedOn(x.Arm) == val.Len() })
	c.near(n.Name+", predicted latency", n.Latency, c.s.trials[at].Latency)
	if n.Steps != steps || math.Abs(n.Seconds-seconds) > 1e-9 || n.Validation != last.Accuracy || n.ValidationLoss != last.Loss || last.Rung != 2 {
		t.Errorf("%s: %d steps in %v s, validation accuracy %v, loss %v; want %d in %v, %v and %v on rung %d", n.Name, n.Steps, n.Seconds, n.Validation, n.ValidationLoss, steps, seconds, last.Accuracy, last.Loss, last.Rung)
	}
	if want := c.origin(n); n.Origin != want {
		t.Errorf("%s of the arm %s: found by %q; want %q", n.Name, n.Arm, n.Origin, want)
	}
}

// origin tells from the trials how a network was found.
func (c recomputed) origin(n report.Network) string {
	same := func(x rundir.Trial) bool { return x.Arch == n.Arch }
	switch f := c.w.family; {
	case slices.Contains(append(f.Extremes().Uniform, f.Extremes().Smallest, f.Extremes().Largest), c.w.arch(n.Arch)):
		return "given"
	case n.Arm == "random":
		return "random"
	case slices.ContainsFunc(c.s.of(armSample), same):
		return "sample"
	}
	return "search"
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
			ops += 2 * out * l.K.H * l.K.W * l.InC / l.G
			numbers += l.OutC * l.K.H * l.K.W * l.InC / l.G
		case space.Linear:
			ops += 2 * l.InC * l.OutC
			numbers += l.InC*l.OutC + l.OutC
		case space.AvgPool:
			ops += out * l.K.H * l.K.W
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

// trials checks the accuracy, latency and sizes of every trial that was evaluated on
// the supernet, and how many there are.
func (c recomputed) trials() {
	t := c.t
	counts := map[string]int{}
	nets := map[space.Arch]*supernet.Network{}
	for _, x := range c.s.trials {
		first := c.evaluatedOn(x.Arm)
		if first == 0 {
			continue
		}
		counts[armKind(x.Arm)]++
		a := c.w.arch(x.Arch)
		if nets[a] == nil {
			nets[a] = c.deploy(a)
		}
		if got, loss := plainScore(c.e, nets[a], c.norm, c.s.splits.Val, first); math.Abs(got-x.Accuracy) > 1e-9 || math.Abs(loss-x.Loss) > 1e-4 {
			t.Errorf("trial %d of %s: accuracy %v, loss %v; want %v and %v on %d validation pictures", x.Index, x.Arm, x.Accuracy, x.Loss, got, loss, first)
		}
		if want := c.w.measured[a] / 4; math.Abs(x.Latency/want-1) > 0.2 {
			t.Errorf("trial %d of %s: predicted %v s per picture; want about %v", x.Index, x.Arm, x.Latency, want)
		}
		c.sizes(x.Arm, a, x.FLOPs, x.Params)
	}
	own := counts[armSample] + counts[armRound]
	rep := c.s.report
	if counts[armSample] != 12 || counts[armRandom] != own || rep.Search.Evaluations != own || rep.Random.Evaluations != own {
		t.Errorf("trials %v, %d and %d evaluations; want 12 samples, and as many random ones as samples and picks", counts, rep.Search.Evaluations, rep.Random.Evaluations)
	}
	c.given()
}

// latencies sets predicted latencies of the search's candidates beside those measured: of those
// that the model had not learnt from, which are all but every fourth of the space.
func (c recomputed) latencies() {
	var all []space.Arch
	for a := range c.w.family.Space().Enumerate {
		all = append(all, a)
	}
	sum, n := 0.0, 0
	for _, x := range c.s.of(armFinal) {
		a := c.w.arch(x.Arch)
		if slices.Index(all, a)%4 == 0 {
			continue
		}
		truth := c.w.measured[a] / 4
		sum += math.Abs(x.Latency-truth) / truth
		n++
	}
	switch found := c.s.report.Latency.Found; {
	case n < 2 && found != nil, n >= 2 && (found == nil || found.N != n):
		c.t.Errorf("latencies of candidates %+v; want them of %d", found, n)
	case n >= 2:
		c.near("error of the latencies of candidates", found.MAPE, sum/float64(n))
	}
}

// given checks that both arms have evaluated what no search has to find.
func (c recomputed) given() {
	for _, arm := range []string{armSample, armRandom} {
		for _, a := range append(c.w.family.Extremes().Uniform, c.w.family.Extremes().Smallest, c.w.family.Extremes().Largest) {
			text := c.w.family.Space().Format(a)
			if !slices.ContainsFunc(c.s.of(arm), func(x rundir.Trial) bool { return x.Arch == text }) {
				c.t.Errorf("%s has not evaluated %s", arm, text)
			}
		}
	}
}

// evaluatedOn returns the number of validation pictures that an arm is evaluated on, 0
// for one that is scored by prediction.
func (c recomputed) evaluatedOn(arm string) int {
	switch armKind(arm) {
	case armSample, armRound, armRandom:
		return netCompared
	case armFinal, armSecond, armRandomFinal:
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
