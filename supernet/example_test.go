package supernet_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// The parts of a search by themselves: shared weights are trained for a few steps on the embedded
// pictures, two subnets are evaluated without retraining, and one is written as a network file.
func Example() {
	ctx, r := context.Background(), rand.New(rand.NewPCG(1, 1))
	set, err := data.Embedded()
	check(err)
	splits, err := set.Split(data.SplitOptions{Val: 0.15, Seed: 1})
	check(err)
	norm := data.Measure(splits.Train)
	family, err := families.Open("resnet", space.Input{H: 28, W: 28, C: 1, Classes: 10})
	check(err)
	exec, err := ops.NewExec(ops.Config{})
	check(err)
	defer exec.Close()

	net := supernet.New(family, 1)
	sampler, err := supernet.NewSampler("uniform", family.Space(), supernet.SamplerOptions{})
	check(err)
	options := supernet.TrainOptions{Batch: 16, Steps: 4, LR: 0.1, Warmup: 0.2, Momentum: 0.9, Nesterov: true, WeightDecay: 5e-4, Seed: 1}
	trainer, err := supernet.NewTrainer(exec, net, splits.Train, norm, sampler, options)
	check(err)
	check(trainer.Run(ctx, options.Steps, nil))

	val := splits.Val.First(64)
	evaluator, err := supernet.NewEvaluator(exec, net, splits.Train, val, norm, supernet.EvalOptions{Calibration: 64, Batch: 32, Seed: 1})
	check(err)
	scores, err := evaluator.Evaluate(ctx, []space.Arch{family.Extremes().Smallest, family.Space().Random(r)})
	check(err)

	smallest := family.Extremes().Smallest
	label := supernet.Label{Arch: family.Space().Format(smallest), Classes: val.Classes, Mean: norm.Mean, Std: norm.Std}
	network, err := evaluator.Deploy(ctx, smallest, label)
	check(err)
	folder, err := os.MkdirTemp("", "network-*")
	check(err)
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "smallest.msgpack")
	check(network.Save(file))
	network, err = supernet.LoadNetwork(file)
	check(err)
	again, err := network.Score(ctx, exec, val, 32)
	check(err)
	fmt.Println("subnets evaluated:", len(scores))
	fmt.Println("the file says the same:", again.Accuracy == scores[0].Accuracy)
	// Output:
	// subnets evaluated: 2
	// the file says the same: true
}
