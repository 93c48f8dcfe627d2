package search

import (
	"sync"
	"time"
)

// timetable knows until when lanes are busy.
type timetable struct {
	mu    sync.Mutex
	lanes int
	until map[int]time.Duration // by training, in the order of their start
	next  int
}

func newTimetable(lanes int) *timetable {
	return &timetable{lanes: lanes, until: make(map[int]time.Duration)}
}

// free returns the time that all lanes together have between now and the end
// besides the trainings at work.
func (t *timetable) free(now, end time.Duration) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := time.Duration(t.lanes) * max(0, end-now)
	for _, u := range t.until {
		sum -= max(0, min(u, end)-now)
	}
	return max(0, sum)
}

// shared returns the time that networks to come share in proportion to weights, the first of them beginning now. It is
// what is free, or more or less of it where what falls on the lane of the first would not end with the others: they
// begin in this order as lanes become free, and none is idle before the end.
func (t *timetable) shared(now, end time.Duration, weights []float64) time.Duration {
	free, sum := t.free(now, end), 0.0
	for _, w := range weights {
		sum += w
	}
	if free == 0 || !(sum > 0) {
		return free
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	busy := make([]float64, t.lanes) // seconds from now
	first := 0                       // the lane of the first: one that is free
	for _, u := range t.until {
		busy[first] = max(0, min(u, end)-now).Seconds()
		first = min(first+1, t.lanes-1)
	}
	busy[first] = 0
	for i, w := range weights {
		lane := first
		for k, until := range busy {
			if i > 0 && until < busy[lane] {
				lane = k
			}
		}
		busy[lane] += free.Seconds() * w / sum
	}
	return time.Duration(free.Seconds() * (end - now).Seconds() / busy[first] * float64(time.Second))
}

// start enters the next training, which will be busy until then.
func (t *timetable) start(until time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.until[t.next] = until
	t.next++
}

// done takes training k out.
func (t *timetable) done(k int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.until, k)
}
