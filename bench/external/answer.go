package external

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/espalier-nas/espalier/bench"
)

// wanted is what a command has to print.
const wanted = "want milliseconds per image, or these and millijoules per image in the same line, from 1e-6 to 1e9, and nothing else"

// Bounds of what a command may print: no image takes less than a nanosecond or longer than eleven
// days, nor does its energy lie so far off.
const leastAnswer, mostAnswer = 1e-6, 1e9

// answer reads what a command has printed.
func answer(printed string) (bench.Reading, error) {
	fields := strings.Fields(printed)
	if lines := strings.Count(strings.TrimSpace(printed), "\n") + 1; lines > 1 && len(fields) == 2 { // one latency beside another
		return bench.Reading{}, fmt.Errorf("%d lines; %s", lines, wanted)
	}
	if len(fields) < 1 || len(fields) > 2 {
		return bench.Reading{}, fmt.Errorf("%d words; %s", len(fields), wanted)
	}
	var v [2]float64
	for i, f := range fields {
		x, err := strconv.ParseFloat(f, 64)
		if err != nil || !(x >= leastAnswer && x <= mostAnswer) {
			return bench.Reading{}, fmt.Errorf("%q; %s", f, wanted)
		}
		v[i] = x / 1e3
	}
	return bench.Reading{Seconds: v[0], Joules: v[1]}, nil
}

// firstBytes keeps how anything that is written begins.
type firstBytes struct {
	b    []byte
	more bool
}

// most is how much of what a command prints is kept: an answer is shorter.
const most = 2000

// Write implements io.Writer.
func (f *firstBytes) Write(p []byte) (int, error) {
	n := min(len(p), most-len(f.b))
	f.b = append(f.b, p[:n]...)
	f.more = f.more || n < len(p)
	return len(p), nil
}

// String returns what was kept.
func (f *firstBytes) String() string {
	if f.more {
		return string(f.b) + " ..."
	}
	return string(f.b)
}
