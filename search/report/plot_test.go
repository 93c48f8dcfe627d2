package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// searched returns the points of a search as large as a usual one.
func searched() []Point {
	r := rand.New(rand.NewPCG(1, 2))
	var all []Point
	for range 60 {
		t := math.Exp(1.2 * r.NormFloat64())
		all = append(all, Point{Latency: 0.08e-3 * t, Accuracy: 0.80 + 0.02*math.Log(t) - 0.04*r.ExpFloat64(), Kind: KindRandom})
	}
	for i := range 7 {
		t := math.Exp(0.45 * float64(i-3))
		name := fmt.Sprintf("pareto-%d", i+1)
		acc := 0.93 - 0.05*math.Exp(-0.6*float64(i))
		all = append(
			all,
			Point{Name: name, Latency: 0.07e-3 * t, Accuracy: acc, Low: acc - 0.008, High: acc + 0.007, Kind: KindFront},
			Point{Name: name, Latency: 0.07e-3 * t, Accuracy: acc - 0.09 + 0.008*float64(i), Kind: KindInherited},
			Point{Latency: 0.075e-3 * t, Accuracy: acc - 0.012, Kind: KindCandidate},
		)
	}
	return append(
		all,
		Point{Name: "largest", Latency: 0.9e-3, Accuracy: 0.925, Low: 0.917, High: 0.932, Kind: KindGiven},
		Point{Name: "smallest", Latency: 0.004e-3, Accuracy: 0.81, Kind: KindGiven},
		Point{Name: "OFA <small>", Latency: 0.2e-3, Accuracy: 0.905, Kind: KindRival},
		Point{Name: "broken", Latency: 0.01e-3, Accuracy: 0.11, Kind: KindRandom},
		Point{Name: "no latency", Accuracy: 0.9, Kind: KindCandidate},
	)
}

// What the random arm found and is handed over is on the front, with its name.
func TestRandomNetworksHandedOverAreOnTheFront(t *testing.T) {
	network := func(name, arm string, latency, accuracy float64) Network {
		return Network{Name: name, Arm: arm, Origin: arm, Latency: latency, Validation: accuracy, Inherited: 0.5}
	}
	all := Points(Report{
		Pareto: []Network{network("pareto-1", "search", 1e-5, 0.7), network("pareto-2", "random", 1e-4, 0.8), network("pareto-3", "search", 1e-3, 0.9)},
		Others: []Network{network("random-7", "random", 2e-4, 0.75)},
	})
	c := newPicture(all)
	if front := c.front(); len(front) != 3 || front[1].Name != "pareto-2" {
		t.Errorf("the front is %+v; want all three networks handed over", front)
	}
	var svg strings.Builder
	if err := SVG(&svg, "", all); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{svg.String(), Terminal(all, 100, 24)} {
		if !strings.Contains(text, "pareto-2") || !strings.Contains(text, "random arm, handed over") {
			t.Errorf("the picture does not name what the random arm hands over:\n%s", text)
		}
		if i := strings.Index(text, "random-7"); i >= 0 && !strings.Contains(text, "<title>random-7") {
			t.Errorf("a network that is not handed over has its name beside it:\n%s", text)
		}
	}
}

func TestTerminalIsAsPeopleSeeIt(t *testing.T) {
	const golden = "testdata/plot.txt"
	got := Terminal(searched(), 80, 20)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("differs from %s (-want +got):\n%s", golden, d)
	}
}

// odd are lists that leave axes little to go by.
func odd() map[string][]Point {
	some := Point{Name: "pareto-1", Latency: 1e-3, Accuracy: 0.9, Kind: KindFront}
	other := some
	other.Accuracy = 0.8
	return map[string][]Point{
		"none":             nil,
		"none drawable":    {{Name: "a", Accuracy: math.NaN(), Latency: 1}, {Name: "b", Latency: -1}, {Name: "c", Latency: math.Inf(1)}},
		"one":              {some},
		"one candidate":    {{Latency: 3e-6, Accuracy: 0.5, Kind: KindCandidate}},
		"the same twice":   {some, some},
		"equal latencies":  {some, other},
		"equal accuracies": {some, {Name: "pareto-2", Latency: 2e-3, Accuracy: 0.9, Kind: KindFront}},
		"perfect":          {{Name: "p", Latency: 1, Accuracy: 1, Low: 0.999, High: 1, Kind: KindFront}, {Name: "q", Latency: 1e-6, Accuracy: 0, Kind: KindFront}},
		"no interval":      {{Name: "p", Latency: 1, Accuracy: 0.5, Low: math.NaN(), High: 0.6}},
		"unknown kind":     {{Latency: 1, Accuracy: 0.5, Kind: 77}},
		"long name":        {{Name: strings.Repeat("long ", 40), Latency: 1, Accuracy: 0.5}},
		"five decades":     {{Latency: 1e-6, Accuracy: 0.1, Kind: KindFront}, {Latency: 0.1, Accuracy: 0.95, Kind: KindFront}},
		"all":              searched(),
	}
}

// TestTerminalFits: no line is longer than asked for, there are no more of them,
// and all characters are ASCII.
func TestTerminalFits(t *testing.T) {
	for name, points := range odd() {
		for _, size := range [][2]int{{80, 20}, {40, 10}, {132, 43}, {60, 14}, {1, 1}} {
			lines := strings.Split(strings.TrimSuffix(Terminal(points, size[0], size[1]), "\n"), "\n")
			if len(lines) > max(size[1], leastHeight) {
				t.Errorf("%s, %v: %d lines", name, size, len(lines))
			}
			for _, l := range lines {
				if len(l) > max(size[0], leastWidth) || strings.ContainsFunc(l, func(r rune) bool { return r > '~' || r < ' ' }) {
					t.Errorf("%s, %v: line %q", name, size, l)
				}
			}
		}
	}
	if got := Terminal(nil, 80, 20); !strings.Contains(got, "no points") || !strings.Contains(drawn(t, "", nil), ">no points<") {
		t.Errorf("nothing to draw does not say so:\n%s", got)
	}
}

// TestTerminalPlaces reads the places of marks back from the picture.
func TestTerminalPlaces(t *testing.T) {
	points := []Point{
		{Latency: 0.1e-3, Accuracy: 0.5, Kind: KindFront}, {Latency: 1e-3, Accuracy: 0.7, Kind: KindGiven}, {Latency: 10e-3, Accuracy: 0.9, Kind: KindRival},
	}
	lines := strings.Split(Terminal(points, 90, 30), "\n")
	var at [3][2]int // column and row
	for r, l := range lines {
		_, cells, inside := strings.Cut(l, "|")
		for i, mark := range []string{"#", "O", "%"} {
			if c := strings.Index(cells, mark); inside && c >= 0 {
				at[i] = [2]int{c, r}
			}
		}
	}
	if d := at[1][0] - at[0][0]; d < 20 || math.Abs(float64(at[2][0]-at[1][0]-d)) > 1 {
		t.Errorf("columns and rows %v; want equal steps to the right for equal factors", at)
	}
	if d := at[0][1] - at[1][1]; d < 5 || math.Abs(float64(at[1][1]-at[2][1]-d)) > 1 {
		t.Errorf("columns and rows %v; want equal steps upwards", at)
	}
}

// shape is an element of a picture in SVG.
type shape struct {
	name, class, text, tip string
	attr                   map[string]string
}

// shapes reads a picture; it fails if that is not well-formed.
func shapes(t *testing.T, picture string) (all []*shape) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(picture))
	var open []*shape
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch v := token.(type) {
		case xml.StartElement:
			e := &shape{name: v.Name.Local, attr: map[string]string{}}
			for _, a := range v.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			e.class = e.attr["class"]
			all, open = append(all, e), append(open, e)
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(v)
			}
		case xml.EndElement:
			e := open[len(open)-1]
			if open = open[:len(open)-1]; e.name == "title" && len(open) > 0 {
				open[len(open)-1].tip = e.text
			}
		}
	}
}

func (e *shape) number(t *testing.T, name string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(e.attr[name], 64)
	if err != nil {
		t.Fatalf("%s %v: %v", e.name, e.attr, err)
	}
	return v
}

// centre returns where a mark is, from its outline.
func (e *shape) centre(t *testing.T) (x, y float64) {
	t.Helper()
	if e.name == "circle" {
		return e.number(t, "cx"), e.number(t, "cy")
	}
	if _, err := fmt.Sscanf(e.attr["d"], "M%f %f", &x, &y); err != nil {
		t.Fatalf("path %q: %v", e.attr["d"], err)
	}
	size := 0.0
	for _, l := range looks {
		if strings.HasSuffix(e.class, " "+l.class) {
			size = l.size
		}
	}
	switch e.class {
	case "point given":
		return x + size, y + size
	case "point rival":
		return x, y + size + 1
	}
	return x, y + size
}

func drawn(t *testing.T, title string, points []Point) string {
	t.Helper()
	var b strings.Builder
	if err := SVG(&b, title, points); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// ticked returns the pixels at which an axis has its numbers: the names of ticks
// with this anchor, as value and place.
func ticked(t *testing.T, all []*shape, anchor, coordinate string) (values, places []float64) {
	t.Helper()
	for _, e := range all {
		if e.class == "tick" && e.attr["text-anchor"] == anchor {
			v, err := strconv.ParseFloat(e.text, 64)
			if err != nil {
				t.Fatal(err)
			}
			values, places = append(values, v), append(places, e.number(t, coordinate))
		}
	}
	return values, places
}

// TestSVGPlaces compares each mark with where the ticks of the axes, two of
// each, say that it must be.
func TestSVGPlaces(t *testing.T) {
	points := searched()
	all := shapes(t, drawn(t, "A < B & C", points))
	xs, px := ticked(t, all, "middle", "x")
	ys, py := ticked(t, all, "end", "y")
	if len(xs) < 3 || len(ys) < 3 {
		t.Fatalf("ticks %v and %v; want three or more", xs, ys)
	}
	last := len(xs) - 1
	perLog := (px[last] - px[0]) / math.Log(xs[last]/xs[0])
	perUnit := (py[len(py)-1] - py[0]) / (ys[len(ys)-1] - ys[0])
	want := make(map[string]Point)
	for _, p := range points {
		want[fmt.Sprintf("%s%.4g", p.Name, 1e3*p.Latency)+lookName(p.Kind)] = p
	}
	marks := 0
	for _, e := range all {
		if !strings.HasPrefix(e.class, "point ") || e.tip == "" {
			continue
		}
		marks++
		x, y := e.centre(t)
		p := want[tipKey(e.tip, e.class)]
		wantX, wantY := px[0]+perLog*math.Log(1e3*p.Latency/xs[0]), py[0]-4+perUnit*(p.Accuracy-ys[0])
		wantY = min(wantY, plotFoot)
		if p.Latency == 0 || math.Abs(x-wantX) > 1 || math.Abs(y-wantY) > 1 {
			t.Errorf("%q is drawn at %.1f %.1f; want %.1f %.1f", e.tip, x, y, wantX, wantY)
		}
	}
	if marks != len(points)-1 {
		t.Errorf("%d marks; want all points but the one without a latency, %d", marks, len(points)-1)
	}
}

func lookName(k Kind) string { return looks[lookOf(k)].class }

// tipKey returns the name, latency and kind of a mark.
func tipKey(tip, class string) string {
	kind := strings.TrimPrefix(class, "point ")
	words := strings.Fields(tip)
	for _, l := range looks {
		if name, _, ok := strings.Cut(tip, l.words+": accuracy "); ok && l.class == kind {
			return strings.TrimSuffix(name, ", ") + words[len(words)-2] + kind
		}
	}
	return tip
}

func TestSVGHoldsWhatBelongs(t *testing.T) {
	points := searched()
	picture := drawn(t, "A < B & C", points)
	texts, classes := map[string]int{}, map[string]int{}
	for _, e := range shapes(t, picture) {
		texts[e.text]++
		classes[e.class]++
	}
	for _, want := range []string{
		"A < B & C", latencyName, accuracyName, "found, handed over", "given, handed over", "rival", "random arm", "finished", "inherited weights",
		"pareto-1", "pareto-7", "largest", "smallest", "OFA <small>", "1 without a place left out",
	} {
		if texts[want] == 0 {
			t.Errorf("no text %q", want)
		}
	}
	if classes["pair"] != 7 || classes["interval"] != 8 || classes["front"] != 1 {
		t.Errorf("%d pairs, %d intervals, %d fronts; want 7, 8 and 1", classes["pair"], classes["interval"], classes["front"])
	}
}

func TestSVGOfLittle(t *testing.T) {
	for name, points := range odd() {
		marks := 0
		for _, e := range shapes(t, drawn(t, name, points)) {
			for _, coordinate := range []string{"x", "y", "x1", "y1", "x2", "y2", "cx", "cy"} {
				if text, ok := e.attr[coordinate]; ok {
					if v := e.number(t, coordinate); !(v >= 0 && v <= plotWidth) {
						t.Errorf("%s: %s of %s is %s", name, coordinate, e.name, text)
					}
				}
			}
			if !strings.HasPrefix(e.class, "point ") || e.tip == "" {
				continue
			}
			marks++
			if x, y := e.centre(t); x < plotLeft || x > plotRight || y < plotTop || y > plotFoot {
				t.Errorf("%s: %q lies at %v %v, outside the frame", name, e.tip, x, y)
			}
		}
		drawable := 0
		for _, p := range points {
			if p.Latency > 0 && p.Latency < 1e9 && p.Accuracy >= 0 {
				drawable++
			}
		}
		if marks != drawable {
			t.Errorf("%s: %d marks; want %d", name, marks, drawable)
		}
	}
}

// TestTicks: whatever the range, an axis has from 3 to 20 ticks, rising, inside,
// whose names say the values.
func TestTicks(t *testing.T) {
	check := func(low, high float64, values []float64, names []string) {
		t.Helper()
		if len(values) < leastTicks || len(values) > 20 || len(values) != len(names) {
			t.Fatalf("%v to %v: ticks %v", low, high, names)
		}
		for i, v := range values {
			said, err := strconv.ParseFloat(names[i], 64)
			if err != nil || math.Abs(said-v) > 1e-6*(high-low)+1e-9*v || v < low-1e-6*(high-low) || v > high+1e-6*(high-low) || i > 0 && v <= values[i-1] {
				t.Fatalf("%v to %v: tick %q at %v", low, high, names[i], v)
			}
		}
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		low := r.Float64()
		high := low + math.Exp(-6*r.Float64())
		values, names := linearAxis{low, high}.ticks()
		check(low, high, values, names)
		low = math.Exp(12*r.Float64() - 8)
		high = low * (1.12 + math.Exp(7*r.Float64()-2))
		values, names = logAxis{low, high}.ticks()
		check(low, high, values, names)
	}
}

// A name stands nearer to its own mark than to that of any other name, and all are there where marks are not on top
// of each other.
func TestNamesStandByTheirMarks(t *testing.T) {
	marks := regexp.MustCompile(`<circle cx="([\d.]+)" cy="([\d.]+)"[^>]*><title>(pareto-\d),`)
	names := regexp.MustCompile(`<text x="([\d.]+)" y="([\d.]+)" class="name">(pareto-\d)<`)
	number := func(text string) float64 {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, apart := range []float64{1.02, 1.05, 1.1, 1.15, 1.3} { // ratio of neighbours' latencies
		var all []Point
		for i, accuracy := range []float64{0.84, 0.871, 0.872, 0.904, 0.907} {
			all = append(all, Point{Name: fmt.Sprintf("pareto-%d", i+1), Latency: 1e-5 * math.Pow(apart, float64(i)), Accuracy: accuracy, Kind: KindFront})
		}
		all = append(all, Point{Latency: 7e-5, Accuracy: 0.898, Kind: KindCandidate})
		text := drawn(t, "", all)
		at := make(map[string][2]float64)
		for _, m := range marks.FindAllStringSubmatch(text, -1) {
			at[m[3]] = [2]float64{number(m[1]), number(m[2])}
		}
		written := names.FindAllStringSubmatch(text, -1)
		if len(at) != 5 || len(written) < 3 || apart > 1.09 && len(written) != 5 {
			t.Errorf("latencies %v apart: %d marks and %d names; want 5 of each", apart, len(at), len(written))
		}
		for _, m := range written {
			x, y := number(m[1]), number(m[2])
			from := func(name string) float64 { // the letters of a name are about 53 pixels wide, 10 above its line and 3 below
				p := at[name]
				return math.Hypot(max(x-p[0], p[0]-x-53, 0), max(y-10-p[1], p[1]-y-3, 0))
			}
			for other := range at {
				if other != m[3] && from(other) < from(m[3]) {
					t.Errorf("latencies %v apart: the name %s is %.0f pixels from its mark, and %.0f from %s", apart, m[3], from(m[3]), from(other), other)
				}
			}
		}
	}
}
