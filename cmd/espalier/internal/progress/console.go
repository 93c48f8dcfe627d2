package progress

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
)

// Console is a slog.Handler for people: the message, then its attributes, one
// line each record. Warnings say so; times are left to the log file, and errors too: a command
// ends with its error, which would be there twice.
type Console struct {
	w     io.Writer
	level slog.Level
	attrs []slog.Attr
}

// NewConsole returns a handler that writes records from level on to w.
func NewConsole(w io.Writer, level slog.Level) *Console { return &Console{w: w, level: level} }

// Enabled implements slog.Handler.
func (c *Console) Enabled(_ context.Context, l slog.Level) bool {
	return l >= c.level && l < slog.LevelError
}

// Handle implements slog.Handler.
func (c *Console) Handle(_ context.Context, r slog.Record) error {
	var b bytes.Buffer
	if r.Level >= slog.LevelWarn {
		fmt.Fprintf(&b, "%s: ", strings.ToLower(r.Level.String()))
	}
	b.WriteString(r.Message)
	put := func(a slog.Attr) bool {
		fmt.Fprintf(&b, "  %s %v", a.Key, a.Value)
		return true
	}
	for _, a := range c.attrs {
		put(a)
	}
	r.Attrs(put)
	b.WriteByte('\n')
	_, err := c.w.Write(b.Bytes())
	return err
}

// WithAttrs implements slog.Handler.
func (c *Console) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Console{c.w, c.level, slices.Concat(c.attrs, attrs)}
}

// WithGroup implements slog.Handler; groups are not shown.
func (c *Console) WithGroup(string) slog.Handler { return c }
