package supernet

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/checkpoint"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/cell"
)

// oracleCell is a network of three cells that can be differentiated number by number.
func oracleCell(t *testing.T) *space.Fixed {
	t.Helper()
	c := cell.Config{Name: "oracle", Nodes: 2, Ops: []string{"sep3x3", "avgpool3x3", "identity"}, Filters: 2, Stem: 2, Repeats: 1, Stages: 2}
	f, err := cell.New(c, space.Input{H: 5, W: 5, C: 2, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	a, err := f.Space().Parse("0:avgpool3x3:1:sep3x3 1:identity:0:identity 0:sep3x3:1:identity 1:avgpool3x3:0:avgpool3x3")
	if err != nil {
		t.Fatal(err)
	}
	own, err := space.NewFixed(f.Plan(a))
	if err != nil {
		t.Fatal(err)
	}
	return own
}

// Steps with an auxiliary head, against plain loops in double precision: the loss is the
// network's and the head's times its weight, and what both teach goes through gradients by
// finite differences, decay and momentum. Of each tensor up to 5 numbers are compared.
func TestAuxiliaryStepsEqualPlainLoops(t *testing.T) {
	const classes = 3
	own, o := oracleCell(t), oracleOptions
	o.Auxiliary, o.Clip, o.Steps = 0.4, 0, 2
	set := oracleSet(14, 1)
	norm := plainNorm(set)
	tr, err := NewTrainer(exec(t, 2), New(own, 3), set, norm, Single{own.Arch()}, o)
	if err != nil {
		t.Fatal(err)
	}
	plan := own.Plan(own.Arch())
	both, err := plan.WithAuxiliary()
	if err != nil {
		t.Fatal(err)
	}
	want := plainTrainer{t: t, o: o, moment: map[string][]float64{}}
	for step := range o.Steps {
		var b data.Batch
		loader := data.NewLoader(set, norm, o.augment(set.Len()/o.Batch), o.Batch, o.Seed)
		loader.Fill(&b, step/loader.Batches(), step%loader.Batches())
		n, some := newPlainNet(tr.net), map[string][]bool{}
		for _, p := range tr.net.params {
			some[p.Name] = make([]bool, len(p.Data))
			for i := 0; i < len(p.Data); i += 1 + len(p.Data)/5 {
				some[p.Name][i] = true
			}
		}
		var p Progress
		if err := tr.Run(context.Background(), step+1, func(q Progress) error { p = q; return nil }); err != nil {
			t.Fatal(err)
		}
		x, labels := newPlainMaps(b.N, b.H, b.W, b.C), plainLabels(b.Labels, classes, o.Smoothing)
		for i, v := range b.X {
			x.v[i] = float64(v)
		}
		batch := func(_ int, y plainMaps) moments { return momentsOf(y) }
		loss := func() float64 {
			outs := n.outputs(both, x, batch)
			return plainLoss(outs[len(plan)-1].v, labels, classes) + 0.4*plainLoss(outs[len(both)-1].v, labels, classes)
		}
		logits := n.forward(plan, x, batch)
		want.lr, want.loss, want.acc = want.rate(step), loss(), float64(plainCorrect(logits, b.Labels, classes))/float64(b.N)
		grads := map[string][]float64{}
		differentiate(n, some, grads, loss)
		want.descend(n, grads, some)
		want.compareSome(step, p, tr.net, n, some)
	}
}

// compareSome is compare for the marked numbers.
func (p *plainTrainer) compareSome(step int, got Progress, net *Net, want plainNet, some map[string][]bool) {
	p.t.Helper()
	for _, q := range net.params {
		for i, marked := range some[q.Name] {
			if !marked {
				want.w[q.Name][i] = float64(q.Data[i])
			}
		}
	}
	p.compare(step, got, net, want)
}

// Training with a head resumes to the bit for any number of workers, the head's weights,
// momentum and average with it; what comes out is the network without the head.
func TestAuxiliaryResumes(t *testing.T) {
	own, o := smallCell(t), muonOptions()
	o.Auxiliary, o.Average, o.Clip = 0.4, 0.3, 1
	begin := func(workers int) *Trainer {
		return trainer(t, exec(t, workers), own, Single{own.Arch()}, o)
	}
	whole := begin(1)
	run(t, whole, o.Steps)
	for _, stop := range []int{1, 4} {
		first := begin(2)
		run(t, first, stop)
		path := filepath.Join(t.TempDir(), "network.msgpack")
		if err := first.Save(path, nil); err != nil {
			t.Fatal(err)
		}
		second := begin(3)
		if _, err := second.Load(path); err != nil {
			t.Fatal(err)
		}
		run(t, second, o.Steps)
		if second.net.Hash() != whole.net.Hash() || second.average.net.Hash() != whole.average.net.Hash() {
			t.Errorf("stopped after %d steps: weights differ from the uninterrupted run's", stop)
		}
		if second.Averaged().Hash() != whole.Averaged().Hash() {
			t.Errorf("stopped after %d steps: averaged weights differ", stop)
		}
	}
	if a := whole.Averaged(); a.Family() != space.Family(own) || a.Size() != New(own, 0).Size() {
		t.Errorf("the network has %d numbers; want %d, without the head", a.Size(), New(own, 0).Size())
	}
	without := o
	without.Auxiliary = 0
	other := trainer(t, exec(t, 1), own, Single{own.Arch()}, without)
	run(t, other, o.Steps)
	if other.Averaged().Hash() == whole.Averaged().Hash() {
		t.Error("the head teaches the network nothing")
	}
}

// What is deployed after training with a head has the tensors and the plan of a network
// that never had one, and the head learns: its weights are not what they were.
func TestAuxiliaryStaysInTraining(t *testing.T) {
	own, o := smallCell(t), trainOptions
	o.Auxiliary = 0.4
	names := func(o TrainOptions) (names []string, w *Network) {
		tr := trainer(t, exec(t, 1), own, Single{own.Arch()}, o)
		before := tr.net.clone()
		run(t, tr, o.Steps)
		for i, p := range tr.net.params {
			if strings.HasPrefix(p.Name, "auxiliary/") && slices.Equal(p.Data, before.params[i].Data) {
				t.Errorf("%s is not trained", p.Name)
			}
		}
		w, err := evaluator(t, exec(t, 1), tr.Averaged()).Deploy(context.Background(), own.Arch(), Label{Classes: shapes(3, 1).Classes})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "network.msgpack")
		if err := w.Save(path); err != nil {
			t.Fatal(err)
		}
		f, err := checkpoint.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range f.Tensors {
			names = append(names, x.Name)
		}
		return names, w
	}
	with, w := names(o)
	without, plain := names(trainOptions)
	if !slices.Equal(with, without) {
		t.Errorf("the file holds %q; want %q", with, without)
	}
	if len(w.Plan()) != len(plain.Plan()) || w.Plan().FLOPs() != plain.Plan().FLOPs() {
		t.Errorf("the network has %d steps; want %d", len(w.Plan()), len(plain.Plan()))
	}
}

// A teacher's logits teach the head as they teach the network: they change its weights.
func TestAuxiliaryLearnsFromTargets(t *testing.T) {
	own, o := smallCell(t), trainOptions
	o.Auxiliary = 0.4
	head := func(weight float64) []float32 {
		tr := trainer(t, exec(t, 1), own, Single{own.Arch()}, o)
		g := Targets{Logits: make([]float32, 60*3), Weight: weight}
		for i := range g.Logits {
			g.Logits[i] = float32(math.Sin(float64(i)))
		}
		if err := tr.Distil(g); err != nil {
			t.Fatal(err)
		}
		run(t, tr, 1)
		return tr.net.byName["auxiliary/classifier.bias"].Data
	}
	if slices.Equal(head(0), head(1)) {
		t.Error("the head learns from labels alone")
	}
}

// Weights that are shared have no head, nor has a network that does not say where it reads.
func TestAuxiliaryNeedsAPlace(t *testing.T) {
	c, set, o := smallChain(t), shapes(60, 1), trainOptions
	o.Auxiliary = 0.4
	alone, err := space.NewFixed(c.Plan(c.Extremes().Largest))
	if err != nil {
		t.Fatal(err)
	}
	for want, f := range map[string]space.Family{"auxiliary is 0.4: want 0 for weights that architectures share": c, "no step is marked": alone} {
		if _, err := NewTrainer(exec(t, 1), New(f, 1), set, data.Measure(set), Single{}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v; want one that says %q", err, want)
		}
	}
}

// keptCell is the name that version 1 gave the network of smallCell.
const keptCell = "982e2773a445c5c4"

// Where a head would read is no part of what tells networks apart: trainings of networks of
// cells that earlier versions left unfinished are gone on with.
func TestAuxiliaryMarksChangeNoFingerprint(t *testing.T) {
	own := smallCell(t)
	if !own.Plan(own.Arch()).HasAuxiliary() {
		t.Fatal("the network does not say where a head reads")
	}
	if got := own.Space().Format(own.Arch()); got != keptCell {
		t.Errorf("the network is called %s; want %s, as by earlier versions", got, keptCell)
	}
}
