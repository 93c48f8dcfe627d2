package bench

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
)

// element is an element of a picture with the text in it.
type element struct {
	name, class, text, tip string
	attr                   map[string]string
}

// elements reads a picture; it fails if that is not well-formed.
func elements(t *testing.T, picture string) (all []*element) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(picture))
	var open []*element
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
			e := &element{name: v.Name.Local, attr: map[string]string{}}
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

// centre returns where a point's mark is.
func (e *element) centre(t *testing.T) (x, y float64) {
	t.Helper()
	number := func(text string) float64 {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatalf("%s %v: %v", e.name, e.attr, err)
		}
		return v
	}
	if e.name == "circle" {
		return number(e.attr["cx"]), number(e.attr["cy"])
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(e.attr["d"], "M"), " ")
	x, y = number(first), number(rest[:strings.IndexAny(rest, "lh")])
	if strings.Contains(rest, "l") {
		return x, y + 6
	}
	return x + 4.2, y + 4.2
}

func TestWriteSVG(t *testing.T) {
	r, points := madeUpRoofline(t, 2), madeUpPoints(t)
	points[0].Layer.Name = `d3 <"16" & more>`
	picture := written(t, func(b *strings.Builder) error { return WriteSVG(b, "A < B & C", r, points) })
	var marks, roofs []*element
	texts := map[string]int{}
	for _, e := range elements(t, picture) {
		texts[e.text]++
		switch {
		case e.class == "point" && e.tip != "":
			marks = append(marks, e)
		case e.class == "roof":
			roofs = append(roofs, e)
		}
	}
	if len(marks) != len(points) || len(roofs) != len(r.Roofs)+1 {
		t.Fatalf("%d points and %d roofs; want %d and %d", len(marks), len(roofs), len(points), len(r.Roofs)+1)
	}
	c := newChart(r, points)
	for i, e := range marks {
		x, y := e.centre(t)
		if x < frameLeft || x > frameRight || y < frameTop || y > frameFoot {
			t.Errorf("point %d lies at %v %v, outside the frame", i, x, y)
		}
		gx, gy := c.x.value((x-frameLeft)/(frameRight-frameLeft)), c.y.value((frameFoot-y)/(frameFoot-frameTop))
		if math.Abs(gx/points[i].Intensity-1) > 0.01 || math.Abs(gy/points[i].Real-1) > 0.01 {
			t.Errorf("point %d is drawn at %v, %v; want %v, %v", i, gx, gy, points[i].Intensity, points[i].Real)
		}
		if !strings.HasPrefix(e.tip, points[i].Layer.Name+", "+string(points[i].Pass)+": ") {
			t.Errorf("point %d says %q", i, e.tip)
		}
	}
	for _, want := range []string{
		"A < B & C", "operations per byte", "GFLOP/s", "dense", "depthwise", "forward", "gradient of the input", "gradient of the weight",
		"L1 800 GB/s", "DRAM 20.0 GB/s", "multiply-adds 200 GFLOP/s", "1/4", "100",
	} {
		if texts[want] == 0 {
			t.Errorf("no text %q", want)
		}
	}
}

// TestRoofsMeetThePeak follows the lines of the roofs: slopes of one, from the
// edge of the frame to the flat roof.
func TestRoofsMeetThePeak(t *testing.T) {
	c := newChart(madeUpRoofline(t, 2), madeUpPoints(t))
	for _, f := range c.roofs {
		if f.y1 != 200 || math.Abs(f.x1*f.Bandwidth/200-1) > 1e-9 || math.Abs(f.x0*f.Bandwidth/f.y0-1) > 1e-9 {
			t.Errorf("%+v is no slope to 200", f)
		}
		if f.x0 != c.x.low && math.Abs(f.y0/c.y.low-1) > 1e-9 || f.x0 < c.x.low || f.x1 > c.x.high || f.y0 < c.y.low*0.999 {
			t.Errorf("%+v begins within the frame or leaves it", f)
		}
	}
	if got := c.start(); got != c.roofs[0].x1 {
		t.Errorf("the flat roof begins at %v; want %v", got, c.roofs[0].x1)
	}
}
