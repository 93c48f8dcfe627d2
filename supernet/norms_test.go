package supernet

import (
	"context"
	"math"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Evaluating with an architecture's own statistics is what Evaluate does, and with
// those of the batch what QuickScore does.
func TestEvaluateNormsUsesWhatItIsGiven(t *testing.T) {
	ctx := context.Background()
	e := exec(t, 2)
	c, net := trained(t, e)
	v := evaluator(t, e, net)
	for i := range uint64(5) {
		a := c.Space().Random(newRand(i))
		want, err := v.Evaluate(ctx, []space.Arch{a})
		if err != nil {
			t.Fatal(err)
		}
		stats, err := v.Calibrate(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		got, err := v.EvaluateNorms(ctx, a, stats)
		if err != nil || math.Abs(got.Loss-want[0].Loss) > 1e-6 || got.Accuracy != want[0].Accuracy {
			t.Errorf("own statistics: %+v, %v; want %+v", got, err, want[0])
		}
		got, err = v.EvaluateNorms(ctx, a, nil)
		// The mean of means of batches differs from the mean of all in its last bits.
		if byHand := batches(net, e, a, v); err != nil || got.Accuracy != byHand.Accuracy || math.Abs(got.Loss-byHand.Loss) > 1e-12 {
			t.Errorf("statistics of batches: %+v, %v; want %+v", got, err, byHand)
		}
	}
}

// batches evaluates a on the images of v batch by batch with QuickScore.
func batches(n *Net, e *ops.Exec, a space.Arch, v *Evaluator) (s Score) {
	var b data.Batch
	total := v.val.Set().Len()
	for first := 0; first < total; first += v.o.Batch {
		v.val.Sequential(&b, first, min(v.o.Batch, total-first))
		q := n.QuickScore(e, new(Pass), a, &b)
		s.Accuracy += q.Accuracy * float64(b.N)
		s.Loss += q.Loss * float64(b.N)
	}
	return Score{s.Accuracy / float64(total), s.Loss / float64(total)}
}

// Pooled statistics are the means over the architectures that have a channel.
func TestPooledStatsAreMeans(t *testing.T) {
	ctx := context.Background()
	e := exec(t, 2)
	c, net := trained(t, e)
	v := evaluator(t, e, net)
	pooled := []space.Arch{c.Extremes().Largest, c.Extremes().Narrow, c.Space().Random(newRand(1)), c.Extremes().Narrow}
	type channel struct {
		norm string
		c    int
	}
	mean, vars, count := map[channel]float64{}, map[channel]float64{}, map[channel]float64{}
	for _, a := range pooled {
		stats, err := v.Calibrate(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range c.Plan(a) {
			for k := 0; s.Norm != "" && k < s.Layer.OutC; k++ {
				at := channel{s.Norm, k}
				mean[at] += float64(stats[i].Mean[k])
				vars[at] += float64(stats[i].Var[k])
				count[at]++
			}
		}
	}
	p, err := v.Pool(ctx, pooled)
	if err != nil {
		t.Fatal(err)
	}
	unseen := 0
	for i := range uint64(8) {
		a := c.Space().Random(newRand(20 + i))
		for k, s := range p.Of(a) {
			norm := c.Plan(a)[k].Norm
			if (s == nil) != (norm == "") {
				t.Fatalf("step %d: statistics are %v with norm %q", k, s, norm)
			}
			for ch := 0; s != nil && ch < len(s.Mean); ch++ {
				at := channel{norm, ch}
				wantMean, wantVar := 0.0, 1.0
				if count[at] > 0 {
					wantMean, wantVar = mean[at]/count[at], vars[at]/count[at]
				} else {
					unseen++
				}
				if math.Abs(float64(s.Mean[ch])-wantMean) > 1e-5 || math.Abs(float64(s.Var[ch])-wantVar) > 1e-5*(1+wantVar) {
					t.Fatalf("%s, channel %d: %v, %v; want %v, %v", norm, ch, s.Mean[ch], s.Var[ch], wantMean, wantVar)
				}
			}
		}
		if _, err := v.EvaluateNorms(ctx, a, p.Of(a)); err != nil {
			t.Fatal(err)
		}
	}
	if unseen == 0 {
		t.Error("every channel was pooled; want some that were not")
	}
}
