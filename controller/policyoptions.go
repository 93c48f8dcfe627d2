package controller

import (
	"errors"
	"fmt"
	"math"
)

// PolicyOptions of a policy trained by REINFORCE. Rewards are accuracies, whose
// differences are small and shrink as the search goes on, so advantages are
// divided by their running standard deviation. Learning rate, entropy bonus and
// skip penalty therefore mean the same on every data set; they are not the
// figures of ENAS, which are made for raw accuracies and 15 000 updates.
type PolicyOptions struct {
	Hidden       int     `yaml:"hidden"`        // LSTM size; unused by "tunas"
	BiasGain     float64 `yaml:"bias_gain"`     // scale of the biases of each decision, 0 for none; unused by "tunas"
	Temperature  float64 `yaml:"temperature"`   // divides logits, above 0
	TanhConstant float64 `yaml:"tanh_constant"` // bounds logits; 0 leaves them unbounded
	Entropy      float64 `yaml:"entropy"`       // bonus per nat of every decision made
	SkipRate     float64 `yaml:"skip_rate"`     // share of skips that the penalty draws towards, within 0 and 1
	SkipWeight   float64 `yaml:"skip_weight"`   // of the penalty, in nats; 0 switches it off
	Decay        float64 `yaml:"decay"`         // of the moving baseline and of the advantages' variance, 0 to below 1
	Rate         float64 `yaml:"rate"`          // Adam's learning rate, at first
	Growth       float64 `yaml:"growth"`        // the rate has grown to so many times Rate, exponentially, when Trials are spent; 1: it stays
	Trials       int     `yaml:"-"`             // evaluations of the search, which Growth is spread over; 0: not known
	Beta1        float64 `yaml:"beta1"`         // Adam's decay of gradients
	Beta2        float64 `yaml:"beta2"`         // Adam's decay of squared gradients
	Epsilon      float64 `yaml:"epsilon"`       // Adam's guard against division by 0
	Epochs       int     `yaml:"epochs"`        // steps of Adam on each batch of trials; 1 is REINFORCE
	Clip         float64 `yaml:"clip"`          // how far the ratio of new to old probability counts from 1; of use from two epochs on
	Warmup       int     `yaml:"warmup"`        // first updates in which the policy stands still and only the baseline moves
}

// DefaultLSTMOptions starts from the macro search script of ENAS: hidden size
// 64, no temperature, skip rate 0.4, Adam. What differs, differs because a
// search spends hundreds of trials and not 300,000:
//
//   - decisions have biases (TestBiasesHelp holds the figures);
//   - the baseline decays by 0.9 instead of 0.99 and starts at the first mean
//     reward instead of 0, for otherwise every advantage is positive at first;
//   - the learning rate is 0.004 instead of 0.001, and Adam's epsilon 1e-6
//     instead of 1e-3, which would swallow gradients of this size;
//   - Adam's beta1 is 0.9 instead of 0: without momentum a converged policy,
//     whose gradients have become small, is thrown off by the first large one;
//   - the tanh constant is 2.5, that of ENAS's recurrent search: the 1.5 of the
//     macro script keeps the odds between two choices below 20 to 1;
//   - entropy bonus (1e-4 on raw accuracy) and skip weight (0.8 beside
//     advantages of a few hundredths) are in units of one standard deviation of
//     reward, small enough for rewards to overrule them.
//
// There is no warm-up: TuNAS lets its policy stand still for the first quarter of
// the training of the supernet that rewards come from, and a search begins when
// that training is over.
func DefaultLSTMOptions() PolicyOptions {
	return PolicyOptions{
		Hidden: 64, BiasGain: 15, Temperature: 1, TanhConstant: 2.5, Entropy: 0.05, SkipRate: 0.4, SkipWeight: 0.05,
		Decay: 0.9, Rate: 0.004, Growth: 1, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-6,
		Epochs: 1, Clip: 0.2,
	}
}

// DefaultPPOOptions take four steps on each batch, with the clipping of 0.2 of
// Schulman et al. (2017).
func DefaultPPOOptions() PolicyOptions {
	o := DefaultLSTMOptions()
	o.Epochs = 4
	return o
}

// DefaultTunasOptions differ in the learning rate: every logit is a parameter
// of its own and must move by whole units, so that 0.1 per update replaces the
// 3e-4, growing tenfold, of TuNAS's long runs. Growing tenfold from there ends nearer
// to the best on some tables, but with logits at their bounds, where the entropy
// bonus does nothing; docs/log/strategies.md has the figures.
func DefaultTunasOptions() PolicyOptions {
	o := DefaultLSTMOptions()
	o.Rate = 0.1
	return o
}

// Validate reports every option that cannot be used.
func (o PolicyOptions) Validate() error {
	var faults []error
	check := func(good bool, field string, have any, want string) {
		if !good {
			faults = append(faults, fmt.Errorf("policy.%s is %v, want %s", field, have, want))
		}
	}
	check(o.Hidden >= 1 && o.Hidden <= 4096, "hidden", o.Hidden, "1 to 4096")
	check(o.BiasGain >= 0, "bias_gain", o.BiasGain, "0 or more")
	check(o.Temperature > 0, "temperature", o.Temperature, "a positive number")
	check(o.TanhConstant >= 0, "tanh_constant", o.TanhConstant, "a positive number, or 0 for none")
	check(o.Entropy >= 0, "entropy", o.Entropy, "0 or more")
	check(o.SkipRate > 0 && o.SkipRate < 1, "skip_rate", o.SkipRate, "a share between 0 and 1")
	check(o.SkipWeight >= 0, "skip_weight", o.SkipWeight, "0 or more")
	check(o.Decay >= 0 && o.Decay < 1, "decay", o.Decay, "0 to below 1")
	check(o.Rate > 0, "rate", o.Rate, "a positive number")
	check(o.Growth > 0 && !math.IsInf(o.Growth, 1), "growth", o.Growth, "a positive number, 1 for a rate that stays")
	check(o.Trials >= 0, "trials", o.Trials, "0 or more evaluations")
	check(o.Beta1 >= 0 && o.Beta1 < 1, "beta1", o.Beta1, "0 to below 1")
	check(o.Beta2 >= 0 && o.Beta2 < 1, "beta2", o.Beta2, "0 to below 1")
	check(o.Epsilon > 0, "epsilon", o.Epsilon, "a positive number")
	check(o.Epochs >= 1 && o.Epochs <= 100, "epochs", o.Epochs, "1 to 100")
	check(o.Clip > 0 && o.Clip < 1, "clip", o.Clip, "a share between 0 and 1")
	check(o.Warmup >= 0, "warmup", o.Warmup, "0 or more updates")
	return errors.Join(faults...)
}

// grows reports whether the learning rate changes in the course of a search.
func (o PolicyOptions) grows() bool { return o.Growth != 1 }
