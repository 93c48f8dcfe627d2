package controller

import (
	"fmt"
	"math"
)

// RewardKind names a way to weigh accuracy against latency.
type RewardKind string

// The kinds of reward. Soft and Hard are those of MnasNet (Tan et al. 2019),
// Abs is that of TuNAS (Bender et al. 2020).
const (
	AccuracyOnly RewardKind = ""     // the accuracy itself
	Soft         RewardKind = "soft" // accuracy * (latency/target)^weight, weight below 0
	Hard         RewardKind = "hard" // accuracy up to the target, Soft beyond it
	Abs          RewardKind = "abs"  // accuracy + weight*|latency/target - 1|, weight below 0
)

// Reward turns accuracy and latency into the number that strategies maximise.
// The zero value is the accuracy alone.
type Reward struct {
	Kind   RewardKind `yaml:"kind"`
	Target float64    `yaml:"target"` // latency in seconds per image
	Weight float64    `yaml:"weight"` // below 0; see the kinds
}

// NewReward returns a reward with the weight of its source: -0.07 for Soft and
// -1 for Hard (MnasNet), -0.1 for Abs (TuNAS).
func NewReward(kind RewardKind, target float64) (Reward, error) {
	weights := map[RewardKind]float64{AccuracyOnly: 0, Soft: -0.07, Hard: -1, Abs: -0.1}
	r := Reward{Kind: kind, Target: target, Weight: weights[kind]}
	return r, r.Validate()
}

// Validate reports a reward that is not one of the kinds or has figures that
// its kind cannot use.
func (r Reward) Validate() error {
	switch r.Kind {
	case AccuracyOnly:
		return nil
	case Soft, Hard, Abs:
	default:
		return fmt.Errorf("reward.kind is %q, want %q, %q, %q, or nothing for the accuracy alone", r.Kind, Soft, Hard, Abs)
	}
	if !(r.Target > 0) || math.IsInf(r.Target, 1) {
		return fmt.Errorf("reward.target is %v s, want a positive latency for kind %q", r.Target, r.Kind)
	}
	if !(r.Weight < 0) || math.IsInf(r.Weight, -1) {
		return fmt.Errorf("reward.weight is %v, want a negative number for kind %q", r.Weight, r.Kind)
	}
	return nil
}

// Value returns the reward of an architecture with this accuracy (a fraction)
// and latency (seconds per image).
func (r Reward) Value(accuracy, latency float64) float64 {
	switch r.Kind {
	case Soft:
		return accuracy * math.Pow(latency/r.Target, r.Weight)
	case Hard:
		return accuracy * math.Pow(max(1, latency/r.Target), r.Weight)
	case Abs:
		return accuracy + r.Weight*math.Abs(latency/r.Target-1)
	}
	return accuracy
}
