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
