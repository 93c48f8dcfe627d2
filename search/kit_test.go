package search

import (
	"testing"
	"time"
)

// quiet returns a run without anything but a monitor that hears nothing.
func quiet(t *testing.T) *Run {
	t.Helper()
	return &Run{monitor: Monitor{}.complete(), now: time.Now}
}
