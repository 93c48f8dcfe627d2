package supernet

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// setsLogits and setsWeights are by how much kernels of different instruction sets, with and without Winograd's
// algorithm, may differ from each other at most: in the logits of one network, over their root mean square, and in
// all weights after six steps of training, over theirs. Each set alone has the same bits always.
const setsLogits, setsWeights = 5e-5, 1e-5

func TestInstructionSetsAgree(t *testing.T) {
	var names []string
	for _, name := range ops.Kernels() {
		names = append(names, name)
		if name != "go" {
			names = append(names, name+"-direct")
		}
	}
	c := smallChain(t)
	rng := stream.New(1, "archs of instruction sets")
	archs := []space.Arch{c.Extremes().Largest, c.Extremes().Narrow, c.Extremes().Smallest}
	for range 12 {
		archs = append(archs, c.Space().Random(rng))
	}
	ctx, set := context.Background(), shapes(50, 2)
	var net *Net                            // as the first set has trained it
	var logits [][]float32                  // of the first set
	values := func(tr *Trainer) []float32 { // weights of a trainer, one after the other
		var all []float32
		for _, p := range tr.net.Params() {
			all = append(all, p.Data...)
		}
		return all
	}
	var weights []float32
	for i, name := range names {
		e, err := ops.NewExec(ops.Config{Kernel: name, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		tr := trainer(t, e, c, sampler(t, "uniform", c), trainOptions)
		run(t, tr, trainOptions.Steps)
		if i == 0 {
			net, weights = tr.net, values(tr)
		}
		v, worst := evaluator(t, e, net), 0.0
		for k, a := range archs {
			got, err := v.Logits(ctx, a, set)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				logits = append(logits, slices.Clone(got))
			}
			worst = max(worst, farApart(got, logits[k]))
		}
		trained := farApart(values(tr), weights)
		t.Logf("%s beside %s: logits %.1e, weights after %d steps %.1e", name, names[0], worst, trainOptions.Steps, trained)
		if worst > setsLogits || trained > setsWeights {
			t.Errorf("%s and %s: logits differ by %.2g, weights by %.2g; want %g and %g at most", name, names[0], worst, trained, setsLogits, setsWeights)
		}
		if i > 0 && worst == 0 {
			t.Errorf("%s and %s have the same bits: one of them did not compute", name, names[0])
		}
	}
}

// farApart returns the largest difference of two lists over the root mean square of the second.
func farApart(a, b []float32) float64 {
	worst, squares := 0.0, 0.0
	for i := range b {
		worst = max(worst, math.Abs(float64(a[i])-float64(b[i])))
		squares += float64(b[i]) * float64(b[i])
	}
	return worst / math.Sqrt(squares/float64(len(b)))
}
