package run

import (
	"io"
	"log/slog"
	"testing"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/progress"
)

// quiet returns a run without anything but a screen that shows nothing.
func quiet(t *testing.T) *Run {
	t.Helper()
	return &Run{screen: Screen{Log: slog.New(slog.DiscardHandler), Display: progress.New(io.Discard, progress.Options{Quiet: true})}}
}
