package truth

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Head says what a file of stand-alone results is of. It is written as
// comments before the rows, a field a line.
type Head struct {
	Command  string // that made it
	Data     string // name of the data set
	Pictures string // fingerprint of all its pictures, whatever the split
	Splits   string // fingerprint of its splits
	Space    string // ID of the space
	Seed     uint64 // of splits and of the choice of architectures; those of trainings come from it
	Count    int    // architectures
	Seeds    int    // trainings of each
	Steps    int    // optimiser steps of each
	Batch    int    // images per step
	Recipe   string // what else a training depends on
	Kernel   string // instruction set; bits depend on it
}

// headField is one line of the head.
type headField struct {
	name string
	at   any // pointer to a string, an int or a uint64
}

func (h *Head) fields() []headField {
	return []headField{
		{"command", &h.Command},
		{"data", &h.Data},
		{"pictures", &h.Pictures},
		{"splits", &h.Splits},
		{"space", &h.Space},
		{"seed", &h.Seed},
		{"count", &h.Count},
		{"seeds", &h.Seeds},
		{"steps", &h.Steps},
		{"batch", &h.Batch},
		{"recipe", &h.Recipe},
		{"kernel", &h.Kernel},
	}
}

// String returns the head as lines of a file.
func (h *Head) String() string {
	var b strings.Builder
	for _, f := range h.fields() {
		value := ""
		switch at := f.at.(type) {
		case *string:
			value = strings.Join(strings.Fields(*at), " ")
		case *int:
			value = strconv.Itoa(*at)
		case *uint64:
			value = strconv.FormatUint(*at, 10)
		}
		fmt.Fprintf(&b, "# %s: %s\n", f.name, value)
	}
	return b.String()
}

// Read sets the head from the beginning of a text and returns what follows it.
func (h *Head) Read(text string) (rest string, err error) {
	rest = text
	for i, f := range h.fields() {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		value, ok := strings.CutPrefix(strings.TrimSuffix(line, "\r"), "# "+f.name+": ")
		if !ok {
			return "", fmt.Errorf("line %d is %q; want # %s: and its value", i+1, line, f.name)
		}
		if err := f.set(value); err != nil {
			return "", fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return rest, nil
}

// set parses a value of the head.
func (f headField) set(value string) (err error) {
	switch at := f.at.(type) {
	case *string:
		*at = value
	case *int:
		if *at, err = strconv.Atoi(value); err != nil || *at < 1 {
			return fmt.Errorf("%s is %q; want a number of at least 1", f.name, value)
		}
	case *uint64:
		if *at, err = strconv.ParseUint(value, 10, 64); err != nil {
			return fmt.Errorf("%s is %q; want a number of at least 0", f.name, value)
		}
	}
	return nil
}

// SameAs reports every field, the command apart, in which a head is not as wanted.
func (h *Head) SameAs(want Head) error {
	var errs []error
	have, wanted := strings.Split(h.String(), "\n"), strings.Split(want.String(), "\n")
	for i, f := range h.fields() {
		if f.name != "command" && have[i] != wanted[i] {
			errs = append(errs, fmt.Errorf("%s; want %s, this run's, to go on with its trainings", strings.TrimPrefix(have[i], "# "), strings.TrimPrefix(wanted[i], "# ")))
		}
	}
	return errors.Join(errs...)
}

// IsFile reports whether a file that begins like this holds trainings of a sample.
func IsFile(head []byte) bool { return bytes.HasPrefix(head, []byte("# command: ")) }

// IsTable reports whether a file that begins like this holds a table.
func IsTable(head []byte) bool {
	return IsFile(head) && bytes.Contains(head, []byte("\n"+strings.Join(tableColumns, ",")))
}

// formatFloat writes a number so that it reads back to the same bits.
func formatFloat(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
