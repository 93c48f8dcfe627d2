package search

import (
	"encoding/json"
	"errors"
	"time"
)

// stopwatch tells how long a training has taken, over all processes: its checkpoints keep that.
type stopwatch struct {
	now    func() time.Time
	start  time.Time
	before *time.Duration // that earlier processes took; nil: checkpoints keep nothing
}

// stopwatchState is what a checkpoint keeps.
type stopwatchState struct {
	Seconds float64 `json:"seconds"`
}

func newStopwatch(before *time.Duration, now func() time.Time) *stopwatch {
	if before != nil {
		*before = 0
	}
	return &stopwatch{now, now(), before}
}

// owner returns the document of a checkpoint that is made now.
func (s *stopwatch) owner() (json.RawMessage, error) {
	if s.before == nil {
		return nil, nil
	}
	return json.Marshal(stopwatchState{(*s.before + s.now().Sub(s.start)).Seconds()})
}

// restore takes over what a checkpoint has kept.
func (s *stopwatch) restore(text json.RawMessage) (err error) {
	if s.before != nil {
		*s.before, err = keptTime(text)
	}
	return err
}

// keptTime returns the time that a checkpoint's document holds: none, in earlier versions.
func keptTime(text json.RawMessage) (time.Duration, error) {
	if len(text) == 0 {
		return 0, nil
	}
	var kept stopwatchState
	if err := json.Unmarshal(text, &kept); err != nil {
		return 0, err
	}
	if !(kept.Seconds >= 0 && kept.Seconds <= mostSeconds) {
		return 0, errors.New("seconds are below 0 or beyond a hundred years; want what the training has taken so far")
	}
	return time.Duration(kept.Seconds * float64(time.Second)), nil
}

// mostSeconds are a hundred years, which a time.Duration can hold.
const mostSeconds = 100 * 365 * 24 * 3600
