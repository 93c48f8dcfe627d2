package external

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/espalier-nas/espalier/bench"
)

// wanted is what a command has to print.
const wanted = "want milliseconds per image, or these and millijoules per image, above 0, and nothing else"

// answer reads what a command has printed.
func answer(printed string) (bench.Reading, error) {
	fields := strings.Fields(printed)
	if len(fields) < 1 || len(fields) > 2 {
		return bench.Reading{}, fmt.Errorf("%d words; %s", len(fields), wanted)
	}
	var v [2]float64
	for i, f := range fields {
		x, err := strconv.ParseFloat(f, 64)
		if err != nil || !(x > 0) || math.IsInf(x, 0) {
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
