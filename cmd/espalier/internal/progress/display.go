// Package progress shows how far a run is: one live line in a terminal, one log
// line every few seconds elsewhere. Messages and the live line share the
// terminal without tearing each other. It may import search, whose Events
// Display implements; Console is the slog.Handler beside it.
package progress

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/espalier-nas/espalier/search"
)

const (
	liveEvery = 100 * time.Millisecond // between two drawings of the live line
	logEvery  = 5 * time.Second        // between two log lines of one phase
	rateSpan  = 10 * time.Second       // over which the rate is averaged
)

// Options of a display.
type Options struct {
	Live  bool             // draw a live line
	Quiet bool             // draw nothing; what LogTo names still gets its lines
	Width func() int       // columns of the terminal; nil: 80
	Now   func() time.Time // clock; nil: time.Now
}

// Display shows one phase at a time. It is safe for concurrent use.
type Display struct {
	mu    sync.Mutex
	w     io.Writer
	o     Options
	lines *slog.Logger // gets a line every few seconds; nil: none
	phase string
	start time.Time
	last  search.Status
	trail []mark // recent marks, oldest first, for the rate
	drawn time.Time
	wrote time.Time
	live  bool // the live line is on the screen
}

type mark struct {
	at   time.Time
	done float64
}

// New returns a display on w, normally standard error.
func New(w io.Writer, o Options) *Display {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Width == nil {
		o.Width = func() int { return 80 }
	}
	return &Display{w: w, o: o}
}

// LogTo makes the display log a line every few seconds. The logger may write
// through the display.
func (d *Display) LogTo(log *slog.Logger) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = log
}

// Begin starts a phase. Progress that an earlier run has made counts as given
// by the first Update, not towards the rate.
func (d *Display) Begin(phase string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.o.Now()
	d.phase, d.start, d.last, d.trail = phase, now, search.Status{}, nil
	d.drawn, d.wrote = time.Time{}, now
}

// Update tells how far the phase is. Most calls only note it.
func (d *Display) Update(s search.Status) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.o.Now()
	d.last = s
	d.note(now, s.Done)
	if now.Sub(d.wrote) >= logEvery {
		d.wrote = now
		d.log()
	}
	if d.o.Live && !d.o.Quiet && now.Sub(d.drawn) >= liveEvery {
		d.drawn = now
		d.draw(now)
	}
}

// End finishes the phase and takes its live line away.
func (d *Display) End() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clear()
	d.phase = ""
}

// Write puts whole lines above the live line.
func (d *Display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clear()
	return d.w.Write(p)
}

// note keeps the marks of the last rateSpan, and one older for a base.
func (d *Display) note(now time.Time, done float64) {
	d.trail = append(d.trail, mark{now, done})
	drop := 0
	for drop+1 < len(d.trail) && now.Sub(d.trail[drop+1].at) > rateSpan {
		drop++
	}
	d.trail = append(d.trail[:0], d.trail[drop:]...)
}

// rate returns units per second over the recent marks; 0 while unknown.
func (d *Display) rate() float64 {
	if len(d.trail) < 2 {
		return 0
	}
	first, last := d.trail[0], d.trail[len(d.trail)-1]
	span := last.at.Sub(first.at).Seconds()
	if span <= 0 {
		return 0
	}
	return (last.done - first.done) / span
}

// left returns the time to the end at the current rate; negative: unknown.
func (d *Display) left() time.Duration {
	rate := d.rate()
	if rate <= 0 || d.last.Total <= 0 {
		return -1
	}
	ahead := cmp.Or(d.last.Ahead, d.last.Total-d.last.Done)
	return time.Duration(ahead / rate * float64(time.Second)).Round(time.Second)
}

// log writes the phase's state as one record.
func (d *Display) log() {
	if d.lines == nil {
		return
	}
	args := []any{"phase", d.phase}
	if d.last.Total > 0 {
		args = append(args, "done", fmt.Sprintf("%.1f%%", 100*d.last.Done/d.last.Total))
	}
	if rate := d.rate(); rate > 0 {
		args = append(args, "rate", short(rate)+" "+d.last.Unit+"/s")
	}
	if left := d.left(); left >= 0 {
		args = append(args, "left", left.String())
	}
	if d.last.Note != "" {
		args = append(args, "note", d.last.Note)
	}
	lines := d.lines
	d.mu.Unlock() // the logger may write through this display
	lines.Info("progress", args...)
	d.mu.Lock()
}

func (d *Display) draw(now time.Time) {
	var b strings.Builder
	b.WriteString(d.phase)
	if d.last.Total > 0 {
		fmt.Fprintf(&b, " %3.0f%%", 100*d.last.Done/d.last.Total)
	}
	fmt.Fprintf(&b, "  %s", now.Sub(d.start).Round(time.Second))
	if left := d.left(); left >= 0 {
		fmt.Fprintf(&b, ", %s left", left)
	}
	if rate := d.rate(); rate > 0 {
		fmt.Fprintf(&b, "  %s %s/s", short(rate), d.last.Unit)
	}
	if d.last.Note != "" {
		fmt.Fprintf(&b, "  %s", d.last.Note)
	}
	fmt.Fprintf(d.w, "\r\x1b[K%s", clip(b.String(), d.o.Width()-1))
	d.live = true
}

func (d *Display) clear() {
	if d.live {
		fmt.Fprint(d.w, "\r\x1b[K")
		d.live = false
	}
}

// clip cuts s to n columns, counting every rune as one.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(n, 0)])
}

// short writes a rate with three significant digits.
func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}
