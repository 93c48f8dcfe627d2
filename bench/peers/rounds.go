package main

import (
	"fmt"
	"io"
	"slices"
)

// job is a request to all arms, and the names under which answers are kept.
type job struct {
	name    string
	pass    pass
	request string
}

// plan is what to measure.
type plan struct {
	jobs   []job
	rounds int
	agree  func(a, b answer) bool // whether two arms did the same work
}

// run puts every job of the plan to every arm and hands each sample to keep.
// Within a round the arms take turns, so whatever the machine does meanwhile hits
// them alike; each round begins with another arm and every second round goes
// backwards. progress gets a line per job.
func (p plan) run(arms []*arm, keep func(sample) error, progress io.Writer) error {
	for i, j := range p.jobs {
		fmt.Fprintf(progress, "%3d/%d  %s %s\n", i+1, len(p.jobs), j.name, j.pass)
		able := arms
		for round := range p.rounds {
			answers, err := p.round(j, order(able, round))
			if err != nil {
				return fmt.Errorf("%s, %s: %w", j.name, j.pass, err)
			}
			able = slices.DeleteFunc(slices.Clone(able), func(a *arm) bool { return answers[a].unsupported != "" })
			for _, a := range able {
				if err := keep(sample{j.name, j.pass, a.threads, round, a.name, answers[a].times, answers[a].note}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// round asks the arms one after the other. It fails if two of them did not do
// the same work.
func (p plan) round(j job, arms []*arm) (map[*arm]answer, error) {
	answers := map[*arm]answer{}
	var first *arm
	for _, a := range arms {
		got, err := a.ask(j.request)
		if err != nil {
			return nil, err
		}
		answers[a] = got
		switch {
		case got.unsupported != "":
		case first == nil:
			first = a
		case !p.agree(answers[first], got):
			return nil, fmt.Errorf("%s and %s computed different results: %v, %v", first.name, a.name, answers[first].digest, got.digest)
		}
	}
	return answers, nil
}

// order rotates the arms by the round's number, and turns every second round
// around.
func order(arms []*arm, round int) []*arm {
	if len(arms) == 0 {
		return nil
	}
	k := round % len(arms)
	turn := slices.Concat(arms[k:], arms[:k])
	if round%2 == 1 {
		slices.Reverse(turn)
	}
	return turn
}
