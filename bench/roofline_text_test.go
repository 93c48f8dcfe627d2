package bench

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/supernet/space"
)

// madeUpPoints are passes on the made-up machine with two workers: dense at half
// of its peak, depthwise in DRAM at 80 % of its roof, and one that multiplies
// less than is counted.
func madeUpPoints(t testing.TB) []Point {
	r := madeUpRoofline(t, 2)
	dense := Layer{Name: "d3_16_b1", Class: "dense", N: 1, InC: 16, H: 16, W: 16, OutC: 16, K: space.Square(3), S: 1, Pad: space.Square(1), G: 1}
	depth := Layer{Name: "dw3_96_b64", Class: "depthwise", N: 64, InC: 96, H: 32, W: 32, OutC: 96, K: space.Square(3), S: 1, Pad: space.Square(1), G: 96}
	at := func(l Layer, p Pass, share float64) Point {
		limit := r.Place(l, p, Sample{Median: 1}).Limit
		s := float64(l.RealFLOPs()) / (share * limit * 1e9)
		return r.Place(l, p, Sample{Median: s, Best: s, Low: s, High: s, Rounds: 1})
	}
	return []Point{
		at(dense, Forward, 0.5), at(dense, BackwardData, 1.25), at(dense, BackwardWeights, 0.4),
		at(depth, Forward, 0.8), at(depth, BackwardData, 0.6), at(depth, BackwardWeights, 0.1),
	}
}

func written(t *testing.T, write func(b *strings.Builder) error) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteMachine(t *testing.T) {
	m := madeUp()
	m.Assumed = "no such folder"
	got := written(t, func(b *strings.Builder) error { return WriteMachine(b, m) })
	if d := cmp.Diff(machineText, "\n"+got); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}

func TestWriteTable(t *testing.T) {
	got := written(t, func(b *strings.Builder) error { return WriteTable(b, madeUpRoofline(t, 2), madeUpPoints(t)) })
	if d := cmp.Diff(tableText, "\n"+got); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}

func TestWritePlotInASCII(t *testing.T) {
	got := written(t, func(b *strings.Builder) error {
		return WritePlot(b, madeUpRoofline(t, 2), madeUpPoints(t), Plot{Columns: 70, Rows: 18, ASCII: true})
	})
	if d := cmp.Diff(plotText, "\n"+got); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}

// TestWritePlotFits draws pictures of many sizes: rows as wide as asked for, no
// character beyond ASCII if so asked, and every class in sight.
func TestWritePlotFits(t *testing.T) {
	for _, o := range []Plot{{Columns: 1, Rows: 1}, {Columns: 40, Rows: 12, ASCII: true}, {Columns: 80, Rows: 24}, {Columns: 200, Rows: 50}, {Columns: 133, Rows: 37, ASCII: true}} {
		got := written(t, func(b *strings.Builder) error { return WritePlot(b, madeUpRoofline(t, 2), madeUpPoints(t), o) })
		picture, legend := got, ""
		for range 2 {
			at := strings.LastIndex(strings.TrimSuffix(picture, "\n"), "\n") + 1
			picture, legend = picture[:at], picture[at:]+legend
		}
		lines := strings.Split(strings.TrimSuffix(picture, "\n"), "\n")
		if len(lines) != max(o.Rows, 12) {
			t.Errorf("%+v: %d rows", o, len(lines))
		}
		for _, line := range lines {
			if utf8.RuneCountInString(line) > max(o.Columns, 40) {
				t.Errorf("%+v: a row of %d columns: %s", o, utf8.RuneCountInString(line), line)
			}
		}
		marks := fancyMarks
		if o.ASCII {
			marks = plainMarks
			if strings.ContainsFunc(got, func(r rune) bool { return r > '~' }) {
				t.Errorf("%+v: not only ASCII:\n%s", o, got)
			}
		}
		for _, mark := range []rune(marks)[:2] {
			if !strings.ContainsRune(picture, mark) || !strings.ContainsRune(legend, mark) {
				t.Errorf("%+v: no %c in picture or legend:\n%s", o, mark, got)
			}
		}
	}
}

func TestAxes(t *testing.T) {
	a := axis{0.25, 20}
	if d := cmp.Diff([]float64{0.25, 0.5, 1, 2, 4, 8, 16}, a.powers()); d != "" {
		t.Errorf("powers of two:\n%s", d)
	}
	if d := cmp.Diff([]float64{0.5, 1, 2, 5, 10, 20}, a.decades()); d != "" {
		t.Errorf("decades:\n%s", d)
	}
	for _, v := range []float64{0.25, 1, 20} {
		if got := a.value(a.at(v)); got < v*0.999 || got > v*1.001 {
			t.Errorf("%v comes back as %v", v, got)
		}
	}
	for v, want := range map[float64]string{0.125: "1/8", 1: "1", 1024: "1024"} {
		if got := powerText(v); got != want {
			t.Errorf("%v as a power of two is written %s; want %s", v, got, want)
		}
	}
	for v, want := range map[float64]string{0.05: "0.05", 0.2: "0.2", 5: "5", 2000: "2000"} {
		if got := plainText(v); got != want {
			t.Errorf("%v is written %s; want %s", v, got, want)
		}
	}
}

// TestWriteMachineTellsWhenItIsBusy checks the remark on workers that gain
// nothing, and that it is silent otherwise.
func TestWriteMachineTellsWhenItIsBusy(t *testing.T) {
	m := madeUp()
	for _, c := range []struct {
		peak float64
		want bool
	}{{200, false}, {130, false}, {129, true}, {90, true}} {
		m.Limits[1].Peak = c.peak
		got := written(t, func(b *strings.Builder) error { return WriteMachine(b, m) })
		if strings.Contains(got, "the machine is busy") != c.want {
			t.Errorf("100 with one worker, %v with two:\n%s", c.peak, got)
		}
	}
	m.Limits = m.Limits[:1]
	if got := written(t, func(b *strings.Builder) error { return WriteMachine(b, m) }); strings.Contains(got, "busy") {
		t.Errorf("one worker alone:\n%s", got)
	}
}
