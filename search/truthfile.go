package search

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/espalier-nas/espalier/search/rundir"
)

// TruthHead says what a file of stand-alone results is of. It is written as
// comments before the rows, a field a line.
type TruthHead struct {
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

func (h *TruthHead) fields() []headField {
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
func (h *TruthHead) String() string {
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

// read sets the head from the beginning of a text and returns what follows it.
func (h *TruthHead) read(text string) (rest string, err error) {
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

// truthColumns name the columns of the rows.
var truthColumns = []string{"arch", "flops", "params", "stratum", "seed", "accuracy", "loss", "epoch1_loss", "steps"}

// save replaces the file. What it holds depends on head and rows only.
func (t *Truth) save() error {
	var b bytes.Buffer
	b.WriteString(t.Head.String())
	w := csv.NewWriter(&b)
	w.Write(truthColumns)
	for _, a := range t.Rows {
		w.Write([]string{
			a.Arch, strconv.FormatInt(a.FLOPs, 10), strconv.FormatInt(a.Params, 10), strconv.Itoa(a.Stratum), strconv.Itoa(a.Seed),
			formatFloat(a.Accuracy), formatFloat(a.Loss), formatFloat(a.EarlyLoss), strconv.Itoa(a.Steps),
		})
	}
	w.Flush()
	return errors.Join(w.Error(), rundir.WriteFile(t.path, b.Bytes()))
}

// formatFloat writes a number so that it reads back to the same bits.
func formatFloat(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// IsTruth reports whether a file that begins like this holds a truth.
func IsTruth(head []byte) bool { return bytes.HasPrefix(head, []byte("# command: ")) }

// ReadTruth reads the truth at path. Errors name the line.
func ReadTruth(path string) (*Truth, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseTruth(path, string(text))
}

// parseTruth reads the content of a truth.
func parseTruth(path, rest string) (*Truth, error) {
	t := &Truth{path: path}
	rest, err := t.Head.read(rest)
	if err != nil {
		return nil, fmt.Errorf("%s, %w", path, err)
	}
	if err := t.readRows(rest, len(t.Head.fields())); err != nil {
		return nil, fmt.Errorf("%s, %w", path, err)
	}
	return t, nil
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

// readRows reads the columns and rows below a head of so many lines.
func (t *Truth) readRows(text string, above int) error {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return fmt.Errorf("below line %d: %w", above, err)
	}
	if len(lines) == 0 || !slices.Equal(lines[0], truthColumns) {
		return fmt.Errorf("line %d: want the columns %s", above+1, strings.Join(truthColumns, ","))
	}
	for i, fields := range lines[1:] {
		a, err := parseAlone(fields)
		if err != nil {
			return fmt.Errorf("line %d: %w", above+2+i, err)
		}
		t.Rows = append(t.Rows, a)
	}
	if most := t.Head.Count * t.Head.Seeds; len(t.Rows) > most {
		return fmt.Errorf("%d rows; want at most %d, count times seeds", len(t.Rows), most)
	}
	return nil
}

// parseAlone reads one row.
func parseAlone(fields []string) (a Alone, err error) {
	var errs []error
	whole := func(i int, least int64) int64 {
		v, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil || v < least {
			errs = append(errs, fmt.Errorf("%s is %q; want a number of at least %d", truthColumns[i], fields[i], least))
		}
		return v
	}
	real := func(i int, most float64) float64 {
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil || !(v >= 0 && v <= most) {
			errs = append(errs, fmt.Errorf("%s is %q; want a number from 0 to %g", truthColumns[i], fields[i], most))
		}
		return v
	}
	a = Alone{
		Arch: fields[0], FLOPs: whole(1, 0), Params: whole(2, 0), Stratum: int(whole(3, 0)), Seed: int(whole(4, 1)),
		Accuracy: real(5, 1), Loss: real(6, 1e9), EarlyLoss: real(7, 1e9), Steps: int(whole(8, 1)),
	}
	return a, errors.Join(errs...)
}

// checkTruth reports why a truth is not one for this run or not what the options
// say.
func (r *Run) checkTruth(t *Truth, o TruthOptions) error {
	var errs []error
	check := func(field string, have, want any, hint string) {
		if have != want {
			errs = append(errs, fmt.Errorf("%s is %v; want %v%s", field, have, want, hint))
		}
	}
	h := t.Head
	check("space", h.Space, r.family.Space().ID(), ", the run's")
	check("data", h.Data, r.source.Name, ", the run's")
	p, err := pictures(r.source)
	if err != nil {
		return err
	}
	if h.Pictures != p {
		check("pictures", h.Pictures, p, ", the fingerprint of the run's")
	} else if !o.OtherSplit {
		check("splits", h.Splits, r.state.Data, ", the run's: train with the same seed and shares, or say --other-split")
	}
	if o.Count != 0 {
		check("count", h.Count, o.Count, "")
	}
	if o.Seeds != 0 {
		check("seeds", h.Seeds, o.Seeds, "")
	}
	switch {
	case o.Steps != 0:
		check("steps", h.Steps, o.Steps, "")
	case o.Epochs != 0:
		check("steps", h.Steps, r.epochSteps(o.Epochs), "")
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	return r.checkRows(t)
}

// checkRows checks the rows against the space.
func (r *Run) checkRows(t *Truth) error {
	for i, row := range t.Rows {
		a, err := r.family.Space().Parse(row.Arch)
		if err != nil {
			return fmt.Errorf("row %d: %w", i+1, err)
		}
		plan := r.family.Plan(a)
		if row.FLOPs != plan.FLOPs() || row.Params != plan.Params() {
			return fmt.Errorf("row %d has %d FLOPs and %d parameters; want %d and %d, those of %s", i+1, row.FLOPs, row.Params, plan.FLOPs(), plan.Params(), row.Arch)
		}
	}
	return nil
}

// checkRecipe reports why this run's trainings would not be like those of t.
func (r *Run) checkRecipe(t *Truth) error {
	var errs []error
	check := func(field, have, want string) {
		if have != want {
			errs = append(errs, fmt.Errorf("%s is %s; want %s to go on with its trainings, or --partial to use those done", field, have, want))
		}
	}
	check("recipe", t.Head.Recipe, r.recipe(t.Head.Steps))
	check("kernel", t.Head.Kernel, r.exec.Kernel())
	check("splits", t.Head.Splits, r.state.Data)
	return errors.Join(errs...)
}
