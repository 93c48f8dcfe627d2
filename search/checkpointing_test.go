package search

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/supernet"
)

// Checkpoints that take long are further apart than is asked for: they take 2 % of the time.
func TestCheckpointsTakeLittleTime(t *testing.T) {
	saving := errors.New("saving")
	for _, c := range []struct {
		every, cost, since time.Duration
		saves              bool
	}{
		{time.Minute, time.Millisecond, 59 * time.Second, false},
		{time.Minute, time.Millisecond, 61 * time.Second, true},
		{time.Second, time.Second, 49 * time.Second, false},
		{time.Second, time.Second, 51 * time.Second, true},
	} {
		l := trainLoop{silent: true, every: c.every, cost: c.cost, saved: time.Now().Add(-c.since), owner: func() (json.RawMessage, error) { return nil, saving }}
		if err := l.each(supernet.Progress{}); errors.Is(err, saving) != c.saves {
			t.Errorf("%v after a checkpoint that took %v, every %v: %v; want it saved: %v", c.since, c.cost, c.every, err, c.saves)
		}
	}
}
