package supernet

import (
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/supernet/data"
)

// Replan is a change of how long a training is, made while it runs.
type Replan struct {
	At    int `json:"at" yaml:"at"`       // steps done by then
	Steps int `json:"steps" yaml:"steps"` // steps in all from then on
}

// course tells which step of the training as its options plan it a step stands for. What is
// left of the schedule when the length changes is gone through faster or more slowly, so that
// the last step is the plan's last step.
type course struct {
	changes []Replan
	total   int     // steps in all
	from    int     // steps done at the last change
	base    float64 // the planned step that it stands for
	pace    float64 // planned steps in one step since
}

func newCourse(steps int) course { return course{total: steps, pace: 1} }

// at returns the planned step, counted from 0, that a step stands for.
func (c *course) at(step int) float64 { return c.base + float64(step-c.from)*c.pace }

// when returns the step that stands for a planned one.
func (c *course) when(planned float64) float64 { return float64(c.from) + (planned-c.base)/c.pace }

// change takes up a new length of a training of so many planned steps.
func (c *course) change(r Replan, planned int) {
	c.base, c.from = c.at(r.At), r.At
	c.pace = (float64(planned) - c.base) / float64(r.Steps-r.At)
	c.total = r.Steps
	c.changes = append(c.changes, r)
}

// Steps returns the steps in all, after all changes.
func (t *Trainer) Steps() int { return t.course.total }

// Replans returns the changes of length so far.
func (t *Trainer) Replans() []Replan { return slices.Clone(t.course.changes) }

// Replan changes the length of the training to so many steps in all, more than are done: what
// is left of its schedule (rate, plain passes, paths left out) is spread over what is left of
// its steps. It may not be called while Run runs. Checkpoints keep the change; a caller that
// goes on from an earlier one must make it again at the same step.
func (t *Trainer) Replan(steps int) error {
	if steps <= t.step {
		return fmt.Errorf("training: %d steps in all; want more than the %d done", steps, t.step)
	}
	t.replan(Replan{t.step, steps})
	return nil
}

func (t *Trainer) replan(r Replan) {
	t.course.change(r, t.o.Steps)
	perEpoch := t.loader.Batches()
	varied := t.o.augment(perEpoch)
	plain := float64(varied.Until * perEpoch)
	if plain <= t.course.base { // pictures are varied to the end, or no longer
		return
	}
	if varied.Until = int(t.course.when(plain) / float64(perEpoch)); varied.Until == 0 {
		varied = data.Augment{} // until a later change leaves more time
	}
	t.varied = varied
	t.loader = t.o.loader(t.loader.Set(), t.norm, t.varied)
}

// checkReplans reports steps done, and changes of length by then, that no training of so many
// steps can have.
func checkReplans(all []Replan, steps, done int) error {
	before := 0
	for _, r := range all {
		if r.At < before || r.At > done || r.At >= steps || r.Steps <= r.At {
			return fmt.Errorf("replans: %d steps in all from step %d on; want more steps than that, from a step between %d and %d", r.Steps, r.At, before, min(done, steps-1))
		}
		before, steps = r.At, r.Steps
	}
	if done < 0 || done > steps {
		return fmt.Errorf("step is %d; want 0 to %d", done, steps)
	}
	return nil
}
