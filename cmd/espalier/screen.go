package main

import (
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/progress"
	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/search/rundir"
)

// screenFlags say how much a command tells while it works.
type screenFlags struct {
	Quiet      bool `short:"q" help:"Say nothing but results, warnings and errors."`
	NoProgress bool `help:"Log lines instead of a live line, in a terminal too."`
}

// open returns the screen of a command: messages and progress on w, and all of
// it in the folder's log, if there is a folder. Call close at the end.
func (f screenFlags) open(w io.Writer, d *rundir.Dir) (m search.Monitor, close func() error, err error) {
	live, width := terminal(w)
	level := slog.LevelInfo
	if f.Quiet {
		level = slog.LevelWarn
	}
	file, close, err := logFile(d)
	if err != nil {
		return search.Monitor{}, nil, err
	}
	// NO_COLOR speaks of colour, of which there is none; a terminal that cannot
	// move its cursor (TERM=dumb) gets log lines.
	live = live && !f.NoProgress && os.Getenv("TERM") != "dumb"
	display := progress.New(w, progress.Options{Live: live, Quiet: f.Quiet, Width: width})
	log := slog.New(slog.NewMultiHandler(progress.NewConsole(display, level), file))
	if live {
		display.LogTo(slog.New(file)) // the live line is enough on the screen
	} else {
		display.LogTo(log)
	}
	return search.Monitor{Log: log, Events: display}, close, nil
}

// logFile returns a handler that appends to the folder's log; without a folder
// it drops everything.
func logFile(d *rundir.Dir) (slog.Handler, func() error, error) {
	if d == nil {
		return slog.DiscardHandler, func() error { return nil }, nil
	}
	f, err := os.OpenFile(d.Path(rundir.Log), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, nil, err
	}
	return slog.NewTextHandler(f, nil), f.Close, nil
}

// terminal reports whether w is a terminal, and how to learn its width.
func terminal(w io.Writer) (bool, func() int) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return false, nil
	}
	return true, func() int {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil || width < 1 {
			return 80
		}
		return width
	}
}
