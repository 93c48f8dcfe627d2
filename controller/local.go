package controller

import (
	"fmt"
	"math/rand/v2"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// LocalOptions of local search.
type LocalOptions struct {
	Starts int `yaml:"starts"` // random architectures from which the best is the first place to stand, at least 1
}

// DefaultLocalOptions starts from the best of ten.
func DefaultLocalOptions() LocalOptions { return LocalOptions{Starts: 10} }

// Validate reports an option that cannot be used.
func (o LocalOptions) Validate() error {
	if o.Starts < 1 {
		return fmt.Errorf("local.starts is %d, want at least 1", o.Starts)
	}
	return nil
}

// local is first-improvement local search (White et al. 2020): it tries the
// neighbours of where it stands, in random order, moves as soon as one is
// better, and starts again from random architectures when none is.
type local struct {
	space      *space.Space
	o          LocalOptions
	seed       uint64
	calls      uint64
	here       Trial        // where it stands; while it starts, the best start so far
	starts     int          // feasible random architectures observed since it last started
	todo       []space.Arch // neighbours of here still to be tried
	unanswered int          // proposals not observed yet
	tried      map[space.Arch]bool
}

func newLocal(s *space.Space, seed uint64, o LocalOptions) (Strategy, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &local{space: s, o: o, seed: seed, tried: make(map[space.Arch]bool)}, nil
}

// climbing reports whether all starts are done.
func (l *local) climbing() bool { return l.starts >= l.o.Starts }

// Propose implements Strategy. It proposes nothing while all that it wants to
// know has been proposed and not observed.
func (l *local) Propose(n int) []space.Arch {
	rng := stream.New(l.seed, "local", l.calls)
	l.calls++
	if l.climbing() && len(l.todo) == 0 && l.unanswered == 0 {
		l.starts = 0
	}
	var archs []space.Arch
	if l.climbing() {
		n = min(n, len(l.todo))
		archs, l.todo = l.todo[:n:n], l.todo[n:]
	} else {
		for range min(n, l.o.Starts-l.starts-l.unanswered) {
			archs = append(archs, l.start(rng))
		}
	}
	for _, a := range archs {
		l.tried[a] = true
	}
	l.unanswered += len(archs)
	return archs
}

// start draws a random architecture, untried if redrawing finds one.
func (l *local) start(rng *rand.Rand) space.Arch {
	a := l.space.Random(rng)
	for range redraws {
		if !l.tried[a] {
			break
		}
		a = l.space.Random(rng)
	}
	l.tried[a] = true
	return a
}

// Observe implements Strategy: it moves to the best trial that beats where it
// stands. Infeasible and repeated trials are no place to stand.
func (l *local) Observe(trials []Trial) {
	l.unanswered = max(0, l.unanswered-len(trials))
	moved := false
	for _, t := range trials {
		l.tried[t.Arch] = true
		if t.Outcome != Evaluated {
			continue
		}
		first := l.starts == 0
		if !l.climbing() {
			l.starts++
			moved = l.climbing()
		}
		if first || better(t, l.here) {
			l.here = t
			moved = l.climbing()
		}
	}
	if moved {
		l.surround()
	}
}

// surround lists the untried neighbours of here in random order.
func (l *local) surround() {
	rng := stream.New(l.seed, "local neighbours", l.calls)
	l.todo = nil
	for _, a := range l.space.Neighbors(l.here.Arch) {
		if !l.tried[a] {
			l.todo = append(l.todo, a)
		}
	}
	rng.Shuffle(len(l.todo), func(i, j int) { l.todo[i], l.todo[j] = l.todo[j], l.todo[i] })
}

// Start implements Starter: the known trials are among the starts.
func (l *local) Start(known []Trial) { l.Observe(known[:min(len(known), l.o.Starts)]) }
