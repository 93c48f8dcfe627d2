package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/supernet/checkpoint"
)

type diffCmd struct {
	A string `arg:"" type:"path" help:"Weights file."`
	B string `arg:"" type:"path" help:"Weights file to compare it with."`
}

// errDiffers is the end of a comparison of files that are not the same.
var errDiffers = errors.New("the files differ")

// Run lists what differs. Files that differ are an error, for the exit code.
func (c diffCmd) Run(s streams) error {
	a, err := checkpoint.Read(c.A)
	if err != nil {
		return err
	}
	b, err := checkpoint.Read(c.B)
	if err != nil {
		return err
	}
	d := differ{w: s.out}
	if a.Kind != b.Kind {
		d.say("kind: %q and %q", a.Kind, b.Kind)
	}
	d.meta(a.Meta, b.Meta)
	d.tensors(a.Tensors, b.Tensors)
	if d.lines > 0 {
		return errDiffers
	}
	_, err = fmt.Fprintf(s.out, "the same: metadata and %d tensors, to the bit\n", len(a.Tensors))
	return err
}

// differ writes a line for everything that differs.
type differ struct {
	w     io.Writer
	lines int
}

func (d *differ) say(format string, args ...any) {
	d.lines++
	fmt.Fprintf(d.w, format+"\n", args...)
}

// meta compares the fields of two documents.
func (d *differ) meta(a, b []byte) {
	var x, y map[string]json.RawMessage
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil { // no objects
		if !bytes.Equal(a, b) {
			d.say("metadata: %.200q and %.200q", a, b)
		}
		return
	}
	all := maps.Clone(x)
	if all == nil {
		all = make(map[string]json.RawMessage)
	}
	maps.Copy(all, y)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		switch v, w := x[key], y[key]; {
		case v == nil:
			d.say("metadata: %s only in the second", key)
		case w == nil:
			d.say("metadata: %s only in the first", key)
		case !bytes.Equal(v, w):
			d.say("metadata: %s: %.200s and %.200s", key, v, w)
		}
	}
}

// tensors compares by name.
func (d *differ) tensors(a, b []checkpoint.Tensor) {
	second := make(map[string]checkpoint.Tensor, len(b))
	for _, t := range b {
		second[t.Name] = t
	}
	for _, t := range a {
		u, both := second[t.Name]
		delete(second, t.Name)
		switch {
		case !both:
			d.say("tensor %s %v only in the first", t.Name, t.Shape)
		case !slices.Equal(t.Shape, u.Shape):
			d.say("tensor %s: shapes %v and %v", t.Name, t.Shape, u.Shape)
		default:
			d.values(t, u)
		}
	}
	for _, t := range b {
		if _, left := second[t.Name]; left {
			d.say("tensor %s %v only in the second", t.Name, t.Shape)
		}
	}
}

// values compares two tensors of one shape. The relative difference is by the larger of
// both values; NaNs of other bits count as infinitely far away.
func (d *differ) values(a, b checkpoint.Tensor) {
	equal, most, relative := 0, 0.0, 0.0
	for i, v := range a.Data {
		w := b.Data[i]
		if math.Float32bits(v) == math.Float32bits(w) {
			equal++
			continue
		}
		off := math.Abs(float64(v) - float64(w))
		if math.IsNaN(off) {
			off = math.Inf(1)
		}
		most = max(most, off)
		if size := max(math.Abs(float64(v)), math.Abs(float64(w))); size > 0 && !math.IsNaN(size) {
			relative = max(relative, off/size)
		}
	}
	if equal < len(a.Data) {
		d.say("tensor %s: %d of %d values equal to the bit, at most %.3g apart, %.3g relative", a.Name, equal, len(a.Data), most, relative)
	}
}
