package predictor_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// A search measures some networks, checks how well a model fitted to them
// predicts unseen ones, and then asks it about networks by the thousand.
func Example() {
	family, err := families.Open("basic", space.Input{H: 28, W: 28, C: 1, Classes: 10})
	if err != nil {
		log.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 0))
	archs, accuracy := make([]space.Arch, 80), make([]float64, 80)
	for i := range archs {
		archs[i] = family.Space().Random(r)
		accuracy[i] = 0.9 - 1e4/float64(family.Plan(archs[i]).Params()) // stands for a measurement
	}
	in := predictor.FamilyInputs(family)
	fresh := func() predictor.Predictor {
		p, err := predictor.New("fm", in, predictor.Options{Seed: 1})
		if err != nil {
			log.Fatal(err)
		}
		return p
	}
	report, err := predictor.CrossValidate(fresh, archs, accuracy, 5, 1)
	if err != nil {
		log.Fatal(err)
	}
	p := fresh()
	if err := p.Fit(archs, accuracy); err != nil {
		log.Fatal(err)
	}
	mean, std := p.Predict([]space.Arch{family.Extremes().Largest, family.Extremes().Smallest})
	fmt.Println("held-out tau above 0.8:", report.Kendall > 0.8)
	fmt.Println("largest network ahead of smallest:", mean[0]-std[0] > mean[1])
	// Output:
	// held-out tau above 0.8: true
	// largest network ahead of smallest: true
}
