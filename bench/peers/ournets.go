package main

import (
	"fmt"

	"github.com/espalier-nas/espalier/bench/nets"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// newOurNetwork returns n ready to run. Its digest tells what the work consists
// of: the parameters and the operations of the networks that a call runs.
func newOurNetwork(e *ops.Exec, n network) (*ourCase, error) {
	if n.net == "conv6" {
		f, err := nets.NewConv6(n.channels, n.size)
		if err != nil {
			return nil, err
		}
		return newNetworkCase(e, n, f, [][]space.Arch{{f.Arch()}})
	}
	f, err := nets.NewOFA32(n.channels, n.size)
	if err != nil {
		return nil, err
	}
	var steps [][]space.Arch
	switch n.net {
	case "ofa32-max":
		steps = [][]space.Arch{{f.Extremes().Largest}}
	case "ofa32-min":
		steps = [][]space.Arch{{f.Extremes().Smallest}}
	case "ofa32-drawn":
		steps = [][]space.Arch{{f.Drawn()}}
	case "ofa32-sandwich":
		steps = f.Sandwiches()[:sandwichSteps]
	default:
		return nil, fmt.Errorf("unknown network %q", n.net)
	}
	return newNetworkCase(e, n, f, steps)
}

// newNetworkCase takes the architectures of each training step; they share the
// weights of f.
func newNetworkCase(e *ops.Exec, n network, f space.Family, steps [][]space.Arch) (*ourCase, error) {
	shared := supernet.New(f, 1)
	var plans []space.Plan
	var views [][]*nets.View
	for _, archs := range steps {
		var step []*nets.View
		for _, a := range archs {
			plans = append(plans, f.Plan(a))
			step = append(step, nets.ViewOf(shared, a))
		}
		views = append(views, step)
	}
	c := &ourCase{digest: work(plans), note: "NHWC"}
	b := nets.RandomBatch(n.batch, n.channels, n.size, 1)
	if n.pass == train {
		t := nets.NewTraining(e, shared.Params())
		c.run = func() {
			for _, step := range views {
				t.Step(b, step)
			}
		}
		return c, nil
	}
	if len(plans) != 1 {
		return nil, fmt.Errorf("%s: only one network can be served at a time", n.net)
	}
	served, err := nets.Serve(plans[0])
	if err != nil {
		return nil, err
	}
	c.run = func() {
		e.Begin(false)
		served.Forward(e, e.Input(b.N, b.H, b.W, b.C, b.X))
	}
	return c, nil
}

// work sums up parameters and the operations of convolutions and linear layers
// on one picture.
func work(plans []space.Plan) digest {
	var d digest
	for _, p := range plans {
		d.dot += float64(p.Params())
		for _, s := range p {
			if s.Layer.Op == space.Conv || s.Layer.Op == space.Linear {
				d.norm += float64(s.Layer.FLOPs())
			}
		}
	}
	return d
}
