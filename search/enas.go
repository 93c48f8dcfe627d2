package search

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// sampling is a sampler with what its training loop has to do for it.
type sampling struct {
	sampler supernet.Sampler
	policy  *controller.Reinforce // nil unless the controller takes part
	state   func() (json.RawMessage, error)
	restore func(json.RawMessage) error
	chunk   int
	between func(context.Context) error
}

// sampling returns what train.sampler names.
func (r *Run) sampling() (sampling, error) {
	if !r.enas() {
		s, err := r.sampler()
		return sampling{sampler: s, state: noOwner, restore: ignoreOwner}, err
	}
	p, err := controller.NewReinforce("rl", r.family.Space(), r.cfg.Seed, r.cfg.Search.Strategies.LSTM)
	if err != nil {
		return sampling{}, err
	}
	a := &alternation{r: r, policy: p}
	return sampling{sampler: a, policy: p, state: a.save, restore: a.load, chunk: r.cfg.Train.ENAS.Every, between: a.update}, nil
}

// alternation is ENAS (Pham et al. 2018): weights learn on what the policy
// samples, and every few steps the policy learns from the accuracy of its
// samples on a few validation images with the weights as they are.
type alternation struct {
	r       *Run
	policy  *controller.Reinforce
	steps   int // training steps sampled for
	updates int // controller updates done
	phases  int // controller phases done

	pass  supernet.Pass
	batch data.Batch
}

// Sample implements supernet.Sampler: one subnet from the policy.
func (a *alternation) Sample(step int, _ *rand.Rand, dst []supernet.Sample) []supernet.Sample {
	a.steps = step + 1
	return append(dst, supernet.Sample{Arch: a.policy.Propose(1)[0]})
}

// update runs the controller phases that are due. An interrupted one leaves
// the policy as it was before.
func (a *alternation) update(ctx context.Context) error {
	if a.steps == 0 || a.phases >= a.steps/a.r.cfg.Train.ENAS.Every {
		return nil
	}
	before := a.policy.State()
	done := a.updates
	for range a.r.cfg.Train.ENAS.Updates {
		if err := a.learn(ctx); err != nil {
			a.updates = done
			if serr := a.policy.SetState(before); serr != nil {
				return serr
			}
			return err
		}
	}
	a.phases++
	return nil
}

// learn is one update of the policy, from quick scores on one batch of shuffled
// validation images.
func (a *alternation) learn(ctx context.Context) error {
	val := a.r.splits.Val
	n := min(a.r.cfg.Train.ENAS.Images, val.Len())
	picked := stream.New(a.r.cfg.Seed, "enas images", uint64(a.updates)).Perm(val.Len())[:n]
	data.NewLoader(val.Subset(picked), a.r.norm, data.Augment{}, n, 0).Sequential(&a.batch, 0, n)
	if a.batch.Err != nil {
		return a.batch.Err
	}
	archs := a.policy.Propose(a.r.cfg.Train.ENAS.Batch)
	trials := make([]controller.Trial, len(archs))
	for i, arch := range archs {
		if err := ctx.Err(); err != nil {
			return err
		}
		s := a.r.net.QuickScore(a.r.exec, &a.pass, arch, &a.batch)
		trials[i] = controller.Trial{Arch: arch, Accuracy: s.Accuracy, Loss: s.Loss, Reward: s.Accuracy, Strategy: config.SamplerENAS}
	}
	a.policy.Observe(trials)
	a.updates++
	return nil
}

// alternationState is kept in the checkpoint.
type alternationState struct {
	Steps   int       `json:"steps"`
	Updates int       `json:"updates"`
	Phases  int       `json:"phases"`
	Policy  []float64 `json:"policy"`
}

func (a *alternation) save() (json.RawMessage, error) {
	return json.Marshal(alternationState{a.steps, a.updates, a.phases, a.policy.State()})
}

func (a *alternation) load(owner json.RawMessage) error {
	var s alternationState
	if err := json.Unmarshal(owner, &s); err != nil {
		return fmt.Errorf("owner: controller state: %w", err)
	}
	if s.Steps < 0 || s.Updates < 0 || s.Phases < 0 {
		return fmt.Errorf("owner: controller state with counts %d, %d, %d; want none below 0", s.Steps, s.Updates, s.Phases)
	}
	a.steps, a.updates, a.phases = s.Steps, s.Updates, s.Phases
	return a.policy.SetState(s.Policy)
}

// strategy returns the strategy that a search of so many evaluations within these limits is
// to use. After ENAS training the controller goes on from what it has learnt.
func (r *Run) strategy(seed uint64, limits controller.Limits, trials int) (controller.Strategy, error) {
	o := r.cfg.Search.Strategies
	o.Evolution.Patient = r.patient
	o.Seed, o.Limits, o.Trials, o.Features = seed, limits, trials, predictor.FamilyInputs(r.family).Structure
	s, err := controller.New(r.cfg.Search.Strategy, r.family.Space(), o)
	if err != nil {
		return nil, err
	}
	if p, ok := s.(*controller.Reinforce); ok && r.policy != nil && r.cfg.Search.Strategy == "rl" {
		return p, p.SetState(r.policy)
	}
	return s, nil
}

// sizes returns the costs that follow from the plan alone.
func (r *Run) sizes(a space.Arch) (flops, params int64) {
	p := r.family.Plan(a)
	return p.FLOPs(), p.Params()
}
