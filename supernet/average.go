package supernet

import (
	"math"

	"github.com/espalier-nas/espalier/ops"
)

// averageEvery is the number of steps between two updates of averaged weights.
// A mean over every fourth step is as good as one over all, and costs a fourth.
const averageEvery = 4

// average keeps the mean of weights over a training. After step t that of step
// s has a weight in proportion to s^(1/age-2): an exponential moving average
// whose horizon grows with the steps, so that the untrained weights are forgotten
// and one number serves runs of any length (Karras et al. 2024, "Analyzing and
// improving the training dynamics of diffusion models"). Its mean age is the
// share age of the steps done.
//
// It is a mean over time: weights that no sample used for a while are averaged on
// too, so that all of a subnet's weights are of the same steps.
type average struct {
	age float64
	net *Net // nil: none is kept
}

func newAverage(n *Net, age float64) average {
	if age == 0 {
		return average{}
	}
	return average{age, n.clone()}
}

// after takes up the weights of n after the given step, counted from 1, of so
// many in all.
func (a *average) after(step, steps int, n *Net) {
	if a.net == nil || step%averageEvery != 0 && step != steps {
		return
	}
	share := float32(a.share((step + averageEvery - 1) / averageEvery))
	for i, p := range n.params {
		p.Average(a.net.params[i].Data, share)
	}
}

// share returns the weight of the newest values in the mean of n updates.
func (a *average) share(n int) float64 {
	return 1 - math.Pow(float64(n-1)/float64(n), 1/a.age-1)
}

// state returns the averaged weights as a checkpoint has them, a buffer per
// parameter.
func (a *average) state() []ops.Buffer {
	if a.net == nil {
		return nil
	}
	b := make([]ops.Buffer, len(a.net.params))
	for i, p := range a.net.params {
		b[i] = ops.Buffer{Name: averageName(p.Name), Data: p.Data}
	}
	return b
}

func averageName(param string) string { return param + "/average" }

// clone returns a Net of the same family with copies of the weights.
func (n *Net) clone() *Net {
	own := New(n.family, 0)
	for i, p := range n.params {
		copy(own.params[i].Data, p.Data)
	}
	return own
}

// Averaged returns the weights to evaluate and deploy: with TrainOptions.Average the
// mean of the weights over the last steps, a Net of its own that goes on changing
// as the training does; else the weights in training themselves. An auxiliary head is not
// among them.
func (t *Trainer) Averaged() *Net {
	switch {
	case t.average.net == nil:
		return t.own
	case t.o.Auxiliary > 0:
		return t.own.beginning(t.average.net)
	default:
		return t.average.net
	}
}
