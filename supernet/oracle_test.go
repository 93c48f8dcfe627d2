package supernet

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// oracleChain is a space whose networks can be differentiated number by number.
func oracleChain(t testing.TB) *chain.Family {
	t.Helper()
	c, err := chain.New(chain.Config{
		Name: "oracle", Stem: 2, Layers: 2, Ops: []string{"conv3x3", "sep3x3", "avgpool3x3", "identity"},
		Widths: []int{2, 3}, Skips: true, Downsample: []int{2},
	}, space.Input{H: 5, W: 5, C: 2, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// oracleSet returns n pictures of noise, those of a class brighter than those of
// the one before.
func oracleSet(n int, seed uint64) *data.Set {
	r := rand.New(rand.NewPCG(seed, 2))
	s := &data.Set{H: 5, W: 5, C: 2, Classes: []string{"dark", "medium", "bright"}}
	for i := range n {
		for range 5 * 5 * 2 {
			s.Pix = append(s.Pix, uint8(20*(i%3)+r.IntN(200)))
		}
		s.Labels = append(s.Labels, uint16(i%3))
	}
	return s
}

// oracleOptions have every term of a step large enough to be missed.
var oracleOptions = TrainOptions{
	Batch: 5, Steps: 5, LR: 0.1, MinLR: 0.04, Warmup: 0.4, Momentum: 0.8, Nesterov: true, WeightDecay: 0.3, Smoothing: 0.2, Clip: 0.95,
	Seed: 5, Augment: data.Augment{Crop: 1, Flip: true, Cutout: 3}, Plain: 1,
}

// plainFrom is the step of oracleOptions from which on images are as they are: five
// steps of two batches an epoch are two and a half epochs, and one whole epoch is
// left when the last pass is taken off.
const plainFrom = 2

// noted keeps the samples that a sampler chose.
type noted struct {
	Sampler
	samples []Sample
}

// Sample implements Sampler.
func (n *noted) Sample(step int, r *rand.Rand, dst []Sample) []Sample {
	n.samples = n.Sampler.Sample(step, r, dst)
	return n.samples
}

// A sandwich's training, step by step, against plain loops in double precision:
// the batch and its augmentation, the rate, the teacher, the smoothed and the
// distilled loss, gradients by finite differences, clipping, decay of weights
// only, and Nesterov momentum.
func TestStepsEqualPlainLoops(t *testing.T) {
	c, o := oracleChain(t), oracleOptions
	set := oracleSet(14, 1)
	norm := plainNorm(set)
	sandwich, err := NewSampler("sandwich", c.Space(), SamplerOptions{Narrow: c.Extremes().Narrow, Max: c.Extremes().Largest, Random: 1, Between: 0.5, Alone: 1})
	if err != nil {
		t.Fatal(err)
	}
	s := &noted{Sampler: sandwich}
	tr, err := NewTrainer(exec(t, 2), New(c, 3), set, norm, s, o)
	if err != nil {
		t.Fatal(err)
	}
	want := plainTrainer{t: t, c: c, o: o, moment: map[string][]float64{}}
	for step := range o.Steps {
		aug := o.Augment
		if step >= plainFrom {
			aug = data.Augment{}
		}
		loader := data.NewLoader(set, norm, aug, o.Batch, o.Seed)
		var b data.Batch
		loader.Fill(&b, step/loader.Batches(), step%loader.Batches())
		before := newPlainNet(tr.net)
		var p Progress
		if err := tr.Run(context.Background(), step+1, func(q Progress) error { p = q; return nil }); err != nil {
			t.Fatal(err)
		}
		want.checkSamples(step, s.samples)
		want.step(step, before, s.samples, &b)
		want.compare(step, p, tr.net, before)
	}
	if want.clipped == 0 || want.whole == 0 {
		t.Errorf("%d steps were clipped and %d were not; want some of each", want.clipped, want.whole)
	}
}

// plainTrainer does one optimiser step after the other on a plainNet.
type plainTrainer struct {
	t              *testing.T
	c              *chain.Family
	o              TrainOptions
	moment         map[string][]float64
	lr, loss, acc  float64
	clipped, whole int
}

// checkSamples wants the largest alone on the labels, and after the first step a
// narrow and two random ones that copy it.
func (p *plainTrainer) checkSamples(step int, l []Sample) {
	p.t.Helper()
	n := 3
	if step < 1 {
		n = 1
	}
	if len(l) != n || l[0] != (Sample{Arch: p.c.Extremes().Largest}) || n > 1 && l[1] != (Sample{Arch: p.c.Extremes().Narrow, Distill: true}) {
		p.t.Fatalf("step %d: samples %v; want %d, the largest on labels and the narrow one soft", step, l, n)
	}
	for _, x := range l[1:] {
		if !x.Distill {
			p.t.Fatalf("step %d: %v learns from labels", step, x)
		}
	}
}

// rate is warm-up from the first step on, then half a cosine.
func (p *plainTrainer) rate(step int) float64 {
	warm := int(p.o.Warmup * float64(p.o.Steps))
	if step < warm {
		return p.o.LR * float64(step+1) / float64(warm)
	}
	share := float64(step-warm) / float64(p.o.Steps-warm)
	return p.o.MinLR + (p.o.LR-p.o.MinLR)*(1+math.Cos(math.Pi*share))/2
}

// step moves the weights of n, which is changed.
func (p *plainTrainer) step(step int, n plainNet, samples []Sample, b *data.Batch) {
	const classes = 3
	x := newPlainMaps(b.N, b.H, b.W, b.C)
	for i, v := range b.X {
		x.v[i] = float64(v)
	}
	own := func(_ int, y plainMaps) moments { return momentsOf(y) }
	logits := n.forward(p.c.Plan(samples[0].Arch), x, own)
	labels := plainLabels(b.Labels, classes, p.o.Smoothing)
	teacher := plainLogSoftmax(logits, classes)
	for i, v := range teacher {
		teacher[i] = math.Exp(v)
	}
	p.lr, p.loss, p.acc = p.rate(step), plainLoss(logits, labels, classes), float64(plainCorrect(logits, b.Labels, classes))/float64(b.N)
	grads, touched := map[string][]float64{}, map[string][]bool{}
	for i, l := range samples {
		target := labels
		if i > 0 {
			target = teacher
		}
		plan := p.c.Plan(l.Arch)
		inside := insideOfPlan(n, plan)
		unite(touched, inside)
		differentiate(n, inside, grads, func() float64 { return plainLoss(n.forward(plan, x, own), target, classes) })
	}
	p.clip(grads)
	p.descend(n, grads, touched)
}

// insideOfPlan marks the numbers that a plan reads.
func insideOfPlan(n plainNet, plan space.Plan) map[string][]bool {
	net := &Net{byName: n.byName}
	for _, q := range n.byName {
		net.params = append(net.params, q)
	}
	return insideOf(net, plan)
}

// unite adds marks to others.
func unite(to, marks map[string][]bool) {
	for name, in := range marks {
		if to[name] == nil {
			to[name] = make([]bool, len(in))
		}
		for i, yes := range in {
			to[name][i] = to[name][i] || yes
		}
	}
}

// differentiate adds the gradient of f by the marked numbers.
func differentiate(n plainNet, inside map[string][]bool, grads map[string][]float64, f func() float64) {
	const h = 1e-6
	for name, w := range n.w {
		for i := range w {
			if !inside[name][i] {
				continue
			}
			if grads[name] == nil {
				grads[name] = make([]float64, len(w))
			}
			old := w[i]
			w[i] = old + h
			up := f()
			w[i] = old - h
			down := f()
			w[i] = old
			grads[name][i] += (up - down) / (2 * h)
		}
	}
}

// clip scales all gradients together down to the norm allowed.
func (p *plainTrainer) clip(grads map[string][]float64) {
	sum := 0.0
	for _, g := range grads {
		for _, v := range g {
			sum += v * v
		}
	}
	if math.Sqrt(sum) <= p.o.Clip {
		p.whole++
		return
	}
	p.clipped++
	for _, g := range grads {
		for i := range g {
			g[i] *= p.o.Clip / math.Sqrt(sum)
		}
	}
}

// descend is SGD as PyTorch defines it, on the numbers that a sample read.
func (p *plainTrainer) descend(n plainNet, grads map[string][]float64, touched map[string][]bool) {
	for name, g := range grads {
		v := p.moment[name]
		if v == nil {
			v = make([]float64, len(g))
			p.moment[name] = v
		}
		decay := p.o.WeightDecay
		if q := n.byName[name]; q.KH*q.KW*q.InC == 1 { // a vector: bias, scale or shift
			decay = 0
		}
		for i := range g {
			if !touched[name][i] {
				continue
			}
			d := g[i] + decay*n.w[name][i]
			v[i] = p.o.Momentum*v[i] + d
			n.w[name][i] -= p.lr * (d + p.o.Momentum*v[i])
		}
	}
}

func (p *plainTrainer) compare(step int, got Progress, net *Net, want plainNet) {
	p.t.Helper()
	for name, pair := range map[string][2]float64{"rate": {got.LR, p.lr}, "loss": {got.Loss, p.loss}, "accuracy": {got.Accuracy, p.acc}} {
		if math.Abs(pair[0]-pair[1]) > 1e-6 {
			p.t.Fatalf("step %d: %s is %v; want %v", step, name, pair[0], pair[1])
		}
	}
	for _, q := range net.params {
		for i, v := range q.Data {
			if math.Abs(float64(v)-want.w[q.Name][i]) > 2e-6 {
				p.t.Fatalf("step %d: %s[%d] is %v; want %v", step, q.Name, i, v, want.w[q.Name][i])
			}
		}
	}
}
