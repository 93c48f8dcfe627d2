package search

import (
	"context"
	"sync"

	"github.com/espalier-nas/espalier/ops"
)

// lanes train several networks at a time, each on processors of its own: a small
// network gains less from a second processor than a second network does. No bit
// of a network depends on how many train beside it.
type lanes struct {
	execs []*ops.Exec
}

// laneCount returns how many of n networks are trained at a time.
func (r *Run) laneCount(n int) int {
	if r.single {
		return 1
	}
	return max(1, min(n, r.exec.Workers()))
}

// openLanes divides the workers among at most n lanes.
func (r *Run) openLanes(n int) (*lanes, error) {
	n = r.laneCount(n)
	l := &lanes{}
	for range n {
		e, err := ops.NewExec(ops.Config{Kernel: r.exec.Kernel(), Workers: max(1, r.exec.Workers()/n)})
		if err != nil {
			l.close()
			return nil, err
		}
		l.execs = append(l.execs, e)
	}
	return l, nil
}

func (l *lanes) close() {
	for _, e := range l.execs {
		e.Close()
	}
}

// run calls f for 0 to n-1, in this order, as lanes become free, and waits for
// all. The first error ends the others' context and is returned. next, if not
// nil, is called before each f, one at a time and in order.
func (l *lanes) run(ctx context.Context, n int, next func(i int) error, f func(ctx context.Context, e *ops.Exec, i int) error) error {
	parent := ctx
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)
	var mu sync.Mutex
	i := 0
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if err := parent.Err(); err != nil {
			stop(err)
		}
		if i == n || ctx.Err() != nil {
			return 0, false
		}
		if next != nil {
			if err := next(i); err != nil {
				stop(err)
				return 0, false
			}
		}
		i++
		return i - 1, true
	}
	var all sync.WaitGroup
	for _, e := range l.execs {
		all.Go(func() {
			for k, ok := take(); ok; k, ok = take() {
				if err := f(ctx, e, k); err != nil {
					stop(err)
					return
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}
