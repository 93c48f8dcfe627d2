package predictor

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/espalier-nas/espalier/supernet/space"
)

// minGP is the fewest examples that GP fits; maxGP the most that it learns from, spread
// evenly over the examples where there are more: its cost grows with the cube.
const minGP, maxGP = 4, 2000

// GP is a Gaussian process over networks: those that are alike score alike. Networks are
// compared by their choices and, where Inputs.Plan is set, by the paths from cut to cut of
// their graphs, by their operations, by their sizes and by what their signals go through
// (see newGraph), so that networks that compute the same are the same however they are
// written. It models normal scores of the target's ranks; a few parameters are set by
// marginal likelihood.
type GP struct {
	in      Inputs
	options Options
	state   *gpState
}

// gpState is what a fit leaves; it is what JSON holds.
type gpState struct {
	Model string    `json:"model"` // "gp"
	Code  *gpCode   `json:"code"`
	Rows  []gpRow   `json:"rows"`
	Unit  []float64 `json:"targets"` // on the warped scale
	Warp  curve     `json:"warp"`
	Theta gpTheta   `json:"theta"`
	fit   *gpFit    // follows from the others
}

func newGP(in Inputs, o Options) (*GP, error) {
	if in.Features == nil {
		return nil, fmt.Errorf("predictor gp: Inputs.Features is nil; want the features of an architecture")
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("predictor gp: %w", err)
	}
	return &GP{in: in, options: o}, nil
}

// Fit learns from at least 4 examples.
func (p *GP) Fit(archs []space.Arch, y []float64) error {
	if err := checkTargets("gp", archs, y, minGP); err != nil {
		return err
	}
	at := spreadOver(len(y), maxGP)
	archs, y = pick(archs, at), pick(y, at)
	warp := p.options.Warp
	if warp == WarpAuto {
		warp = WarpRanks
	}
	s := &gpState{Model: "gp"}
	var err error
	if s.Warp, s.Unit, err = fitCurve(warp, y); err != nil {
		return fmt.Errorf("predictor gp: %w", err)
	}
	if s.Code, s.Rows, err = newGPCode(p.in, archs); err != nil {
		return fmt.Errorf("predictor gp: %w", err)
	}
	s.Theta = chooseTheta(s.Rows, s.Unit)
	if s.fit, err = s.Theta.fit(s.Rows, s.Unit); err != nil {
		return fmt.Errorf("predictor gp: %w", err)
	}
	p.state = s
	return nil
}

// spreadOver returns all of n indices, or most of them spread evenly.
func spreadOver(n, most int) []int {
	if n <= most {
		return upTo(n)
	}
	out := make([]int, most)
	for k := range out {
		out[k] = k * n / most
	}
	return out
}

// Predict implements Predictor. It panics if an architecture has another number of
// features than those fitted, or one that is not 0 or 1.
func (p *GP) Predict(archs []space.Arch) (mean, std []float64) {
	if p.state == nil {
		panic(notFitted)
	}
	mean, std = p.warped(archs)
	p.state.Warp.unwarp(mean, std)
	return mean, std
}

// warped predicts on the warped scale.
func (p *GP) warped(archs []space.Arch) (mean, std []float64) {
	s := p.state
	mean, std = make([]float64, len(archs)), make([]float64, len(archs))
	const batch = 64
	parallel((len(archs)+batch-1)/batch, p.options.Workers, func(b int) {
		lo, hi := b*batch, min((b+1)*batch, len(archs))
		rows, err := s.Code.rows(p.in, archs[lo:hi])
		if err != nil {
			panic(badFeatures)
		}
		k, own := mat.NewDense(len(s.Rows), len(rows), nil), make([]float64, len(rows))
		for i := range rows {
			own[i] = s.fit.powers.kernel(gpCompare(&rows[i], &rows[i]))
			for j := range s.Rows {
				k.Set(j, i, s.fit.powers.kernel(gpCompare(&rows[i], &s.Rows[j])))
			}
		}
		s.fit.predict(k, own, mean[lo:hi], std[lo:hi])
	})
	return mean, std
}

// Describe implements Described.
func (p *GP) Describe() string { return p.form() + "; target " + p.state.Warp.Kind.words() }

func (p *GP) form() string {
	if p.state == nil {
		panic(notFitted)
	}
	what := "choices"
	if p.in.Plan != nil {
		what = fmt.Sprintf("choices, %d kinds of paths, %d of operations, sizes and signals", len(p.state.Code.Paths), len(p.state.Code.Moves))
	}
	return "Gaussian process on " + what
}

// MarshalJSON writes what was fitted; an error before the first Fit.
func (p *GP) MarshalJSON() ([]byte, error) {
	if p.state == nil {
		return nil, fmt.Errorf("predictor gp: nothing fitted to save")
	}
	return json.Marshal(p.state)
}

// UnmarshalJSON restores what MarshalJSON wrote into a model made with the same inputs;
// after an error the model is as it was.
func (p *GP) UnmarshalJSON(data []byte) error {
	var s gpState
	if err := decodeState(data, "gp", &s, &s.Model); err != nil {
		return err
	}
	if err := s.check(p.in.Plan != nil); err != nil {
		return fmt.Errorf("predictor gp: state: %w", err)
	}
	var err error
	if s.fit, err = s.Theta.fit(s.Rows, s.Unit); err != nil {
		return fmt.Errorf("predictor gp: state: %w", err)
	}
	p.state = &s
	return nil
}

func (s *gpState) check(plan bool) error {
	c := s.Code
	if c == nil || len(s.Rows) == 0 || len(s.Rows) != len(s.Unit) || len(s.Rows) > maxGP {
		return fmt.Errorf("%d rows and %d targets; want as many, 1 to %d, and the code of the rows", len(s.Rows), len(s.Unit), maxGP)
	}
	if plan != (len(c.Numbers) == graphNumbers) || len(c.PathMean) != len(c.Paths) || len(c.MoveMean) != len(c.Moves) || !plan && len(c.Numbers) > 0 {
		return fmt.Errorf("code has %d numbers, %d paths and %d operations; want those of the inputs with a mean each", len(c.Numbers), len(c.Paths), len(c.Moves))
	}
	if n := len(c.Signals); n != 0 && (n != graphSignals || !plan) {
		return fmt.Errorf("code has %d signals; want %d, or none without a plan and in files of earlier versions", n, graphSignals)
	}
	if !(c.PathUnit > 0) || !(c.MoveUnit > 0) {
		return fmt.Errorf("units of the code are %v and %v; want them above 0", c.PathUnit, c.MoveUnit)
	}
	for i, r := range s.Rows {
		if len(r.Paths) != len(c.Paths) || len(r.Moves) != len(c.Moves) || len(r.Numbers) != len(c.Numbers) || len(r.Signals) != len(c.Signals) || !slices.IsSorted(r.Choice) {
			return fmt.Errorf("rows[%d] has %d paths, %d operations, %d numbers and %d signals; want those of the code, and rising choices", i, len(r.Paths), len(r.Moves), len(r.Numbers), len(r.Signals))
		}
	}
	for k, v := range s.Theta {
		if !(math.Abs(v) <= maxTheta) {
			return fmt.Errorf("theta[%d] is %v; want at most %v in size", k, v, float64(maxTheta))
		}
	}
	return s.Warp.check()
}
