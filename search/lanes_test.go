package search

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/ops"
)

func twoLanes(t *testing.T) *lanes {
	t.Helper()
	l := &lanes{}
	for range 2 {
		e, err := ops.NewExec(ops.Config{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		l.execs = append(l.execs, e)
	}
	t.Cleanup(l.close)
	return l
}

// Every item is done once; what is decided before each is decided in order.
func TestLanesDoAllInOrder(t *testing.T) {
	l := twoLanes(t)
	var mu sync.Mutex
	var order, done []int
	err := l.run(context.Background(), 9, func(i int) error {
		order = append(order, i)
		return nil
	}, func(_ context.Context, x *ops.Exec, i int) error {
		time.Sleep(time.Duration(i%3) * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		done = append(done, i)
		return nil
	})
	slices.Sort(done)
	want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8}
	if err != nil || !slices.Equal(order, want) || !slices.Equal(done, want) {
		t.Errorf("decided %v, did %v, %v; want %v", order, done, err, want)
	}
}

// The first error ends what is at work and is returned; so does an interruption.
func TestLanesStopAtTheFirstError(t *testing.T) {
	l := twoLanes(t)
	fault := errors.New("fault")
	err := l.run(context.Background(), 100, nil, func(ctx context.Context, _ *ops.Exec, i int) error {
		if i == 3 {
			return fault
		}
		if i > 3 {
			<-ctx.Done() // the others see it
			return ctx.Err()
		}
		return nil
	})
	if !errors.Is(err, fault) {
		t.Errorf("%v; want the fault", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := l.run(ctx, 3, nil, func(context.Context, *ops.Exec, int) error { t.Error("began all the same"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want the interruption", err)
	}
}

func TestTimetable(t *testing.T) {
	b := newTimetable(2)
	if got := b.free(10, 30); got != 40 {
		t.Errorf("%v free in two idle lanes; want 40", got)
	}
	b.start(25)
	b.start(99)
	if got := b.free(10, 30); got != 5 {
		t.Errorf("%v free beside two trainings; want 5", got)
	}
	b.done(1)
	if got := b.free(20, 30); got != 15 {
		t.Errorf("%v free beside one training; want 15", got)
	}
}

// Networks that are fewer than lanes, and teachers, have all processors.
func TestFewNetworksHaveAllProcessors(t *testing.T) {
	l := &ladder{r: quiet(t), lanes: twoLanes(t)}
	a, b := &finished{}, &finished{}
	l.arms = []*arm{{on: []*finished{a, b}}}
	for _, c := range []struct {
		networks int
		distill  float64
		want     int
	}{{1, 0, 1}, {2, 0, 0}, {5, 0, 0}, {5, 0.5, 1}, {1, 0.5, 1}} {
		l.r.cfg.Finish.Distill = c.distill
		if got := l.wide(c.networks); got != c.want {
			t.Errorf("%d networks, distill %v: %d have all processors; want %d", c.networks, c.distill, got, c.want)
		}
	}
}
