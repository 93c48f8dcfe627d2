package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/espalier-nas/espalier/bench"
)

// plan is what to measure.
type plan struct {
	layers []bench.Layer
	passes []pass
	rounds int
	ms     int // milliseconds per arm and round
}

// run measures every pass of every layer of the plan with every arm and hands
// each sample to keep. Within a round the arms take turns, so whatever the
// machine does meanwhile hits them alike; each round begins with another arm and
// every second round goes backwards. progress gets a line per pass.
func (p plan) run(arms []*arm, keep func(sample) error, progress io.Writer) error {
	for i, l := range p.layers {
		for _, pass := range p.passes {
			fmt.Fprintf(progress, "%3d/%d  %s %s\n", i+1, len(p.layers), l.Name, pass)
			if err := p.turns(l, pass, arms, keep); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p plan) turns(l bench.Layer, which pass, arms []*arm, keep func(sample) error) error {
	able := arms
	for round := range p.rounds {
		var kept, next []*arm
		var digests []digest
		for _, a := range order(able, round) {
			got, err := a.ask(request(l, which, p.ms))
			if err != nil {
				return err
			}
			if got.unsupported != "" {
				continue
			}
			kept, digests = append(kept, a), append(digests, got.digest)
			if err := keep(sample{l.Name, which, a.threads, round, a.name, got.times, got.note}); err != nil {
				return err
			}
		}
		for _, a := range able { // in the order of arms
			if slices.Contains(kept, a) {
				next = append(next, a)
			}
		}
		able = next
		if err := agree(kept, digests); err != nil {
			return fmt.Errorf("%s, %s: %w", l.Name, which, err)
		}
	}
	return nil
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

// agree returns an error unless all arms computed the same.
func agree(arms []*arm, digests []digest) error {
	for i := range digests {
		if !digests[i].close(digests[0]) {
			return fmt.Errorf("%s and %s computed different results: %+v, %+v", arms[0].name, arms[i].name, digests[0], digests[i])
		}
	}
	return nil
}
