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
	"strings"

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
			v, w := unlike(a, b)
			d.say("metadata: %q and %q", v, w)
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
			v, w := unlike(v, w)
			d.say("metadata: %s: %s and %s", key, v, w)
		}
	}
}

// shown is how much is shown of a value that differs, in bytes, and ahead how much of that is before the first difference.
const shown, ahead = 200, 40

// unlike returns two values that differ as far as they are shown: from shortly before the first difference, where that is not near
// their beginning.
func unlike(v, w []byte) (string, string) {
	at := 0
	for at < min(len(v), len(w)) && v[at] == w[at] {
		at++
	}
	from := 0
	if at > shown-ahead {
		from = at - ahead
	}
	cut := func(b []byte) string {
		text := strings.ToValidUTF8(string(b[from:min(len(b), from+shown)]), "")
		if from > 0 {
			text = "..." + text
		}
		return text
	}
	return cut(v), cut(w)
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
// both values; NaNs of other bits, and an infinity and another number, count as infinitely far apart.
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
		switch size := max(math.Abs(float64(v)), math.Abs(float64(w))); {
		case math.IsInf(off, 1):
			relative = off
		case size > 0:
			relative = max(relative, off/size)
		}
	}
	if equal < len(a.Data) {
		d.say("tensor %s: %d of %d values equal to the bit, at most %.3g apart, %.3g relative", a.Name, equal, len(a.Data), most, relative)
	}
}
