package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Kind is what a point of a picture stands for.
type Kind uint8

// The kinds of points.
const (
	KindFront       Kind = iota // handed over, found by the search
	KindGiven                   // handed over, but given: no search had to find it
	KindRandom                  // of the random arm
	KindCandidate               // evaluated, not handed over
	KindInherited               // score with inherited weights of a network that is there with a better one too
	KindRival                   // of another engine
	KindRandomFront             // handed over, found by the random arm
)

// look is how a kind appears.
type look struct {
	kind   Kind
	class  string // in SVG
	words  string // in the legend
	mark   rune   // in a terminal
	colour string // in SVG (Okabe and Ito 2008, for most colour-blind eyes too)
	size   float64
	faint  bool
	named  bool // has its name beside it; the axis of accuracies shows it well
}

// looks are in the order of the legend; what comes first is drawn in front.
var looks = []look{
	{KindFront, "found", "found, handed over", '#', "#0072b2", 5.5, false, true},
	{KindGiven, "given", "given, handed over", 'O', "#009e73", 4.8, false, true},
	{KindRandomFront, "random", "random arm, handed over", 'X', "#d55e00", 4.8, false, true},
	{KindRival, "rival", "rival", '%', "#cc79a7", 5.5, false, true},
	{KindRandom, "random", "random arm", 'x', "#d55e00", 4, true, false},
	{KindCandidate, "candidate", "finished", '.', "#666666", 3.2, true, false},
	{KindInherited, "inherited", "inherited weights", '\'', "#0072b2", 3.6, true, false},
}

// lookOf returns the place of a kind among the looks; unknown kinds look like
// candidates.
func lookOf(k Kind) int {
	for i, l := range looks {
		if l.kind == k {
			return i
		}
	}
	return lookOf(KindCandidate)
}

// Point is a network in a picture of accuracy against latency.
type Point struct {
	Name      string  // points of one name belong together: inherited and finished score
	Latency   float64 // seconds per image
	Accuracy  float64 // fraction
	Low, High float64 // interval of the accuracy; 0, 0: none
	Kind      Kind
}

// interval reports whether the point has one.
func (p Point) interval() bool { return (p.Low != 0 || p.High != 0) && finite(p.Low) && finite(p.High) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// drawable reports whether the point has a place on the axes.
func (p Point) drawable() bool {
	return p.Latency > 0 && finite(p.Latency) && finite(p.Accuracy)
}

// picture is what a plot shows. Everything it holds lies within its axes.
type picture struct {
	points  []Point // what stands behind comes first
	x       logAxis // milliseconds
	y       linearAxis
	below   int // points of less accuracy than the axis shows, drawn at its foot
	leftOut int // points without a place
}

// newPicture finds axes for points.
func newPicture(all []Point) picture {
	var c picture
	for _, p := range all {
		if p.drawable() {
			c.points = append(c.points, p)
		}
	}
	c.leftOut = len(all) - len(c.points)
	slices.SortStableFunc(c.points, func(a, b Point) int { return cmp.Compare(lookOf(b.Kind), lookOf(a.Kind)) })
	c.setLatencies()
	c.setAccuracies()
	return c
}

// setLatencies makes room beside the outer points; a picture of one latency is
// a factor of four wide.
func (c *picture) setLatencies() {
	low, high := math.Inf(1), 0.0
	for _, p := range c.points {
		low, high = min(low, 1e3*p.Latency), max(high, 1e3*p.Latency)
	}
	if len(c.points) == 0 {
		low, high = 0.1, 10
	}
	room := max(math.Pow(high/low, 0.06), 1.06)
	if high < 1.05*low {
		room = 2
	}
	c.x = logAxis{low / room, high * room}
}

// spanFactor bounds how much higher the axis of accuracies is than what the
// named points take of it.
const spanFactor = 2.5

// setAccuracies makes the axis hold all points with their intervals, but not
// those so far below the named ones that these would be pressed together; they
// move to its foot.
func (c *picture) setAccuracies() {
	low, high, named := math.Inf(1), math.Inf(-1), math.Inf(1)
	for _, p := range c.points {
		least, most := p.Accuracy, p.Accuracy
		if p.interval() {
			least, most = min(least, p.Low), max(most, p.High)
		}
		low, high = min(low, least), max(high, most)
		if looks[lookOf(p.Kind)].named {
			named = min(named, least)
		}
	}
	if len(c.points) == 0 {
		low, high = 0, 1
	}
	if !math.IsInf(named, 1) {
		low = max(low, high-spanFactor*max(high-named, 0.02))
	}
	room := max(0.06*(high-low), 0.01)
	c.y = linearAxis{low - room, high + room}
	if low >= 0 && high <= 1 {
		c.y = linearAxis{max(low-room, 0), min(high+room, 1)}
	}
	for _, p := range c.points {
		if p.Accuracy < c.y.low {
			c.below++
		}
	}
}

// height returns where an accuracy is drawn: 0 at the foot, 1 at the top.
func (c *picture) height(accuracy float64) float64 { return max(c.y.at(accuracy), 0) }

// kinds returns the places of the looks that the points have.
func (c *picture) kinds() []int {
	var has []int
	for i := range looks {
		if slices.ContainsFunc(c.points, func(p Point) bool { return lookOf(p.Kind) == i }) {
			has = append(has, i)
		}
	}
	return has
}

// pairs returns each point with inherited weights beside the finished one of its
// name.
func (c *picture) pairs() [][2]Point {
	var out [][2]Point
	for _, p := range c.points {
		if p.Kind != KindInherited || p.Name == "" {
			continue
		}
		i := slices.IndexFunc(c.points, func(q Point) bool { return q.Kind != KindInherited && q.Name == p.Name })
		if i >= 0 {
			out = append(out, [2]Point{p, c.points[i]})
		}
	}
	return out
}

// front returns the points handed over that no other of them beats, by rising
// latency.
func (c *picture) front() []Point {
	var all []Point
	for _, p := range c.points {
		if p.Kind == KindFront || p.Kind == KindGiven || p.Kind == KindRandomFront {
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b Point) int {
		return cmp.Or(cmp.Compare(a.Latency, b.Latency), cmp.Compare(b.Accuracy, a.Accuracy))
	})
	best := math.Inf(-1)
	return slices.DeleteFunc(all, func(p Point) bool {
		if p.Accuracy <= best {
			return true
		}
		best = p.Accuracy
		return false
	})
}

// notes tells what the axes do not show.
func (c *picture) notes() []string {
	var notes []string
	if len(c.points) == 0 {
		notes = append(notes, "no points")
	}
	if c.below > 0 {
		notes = append(notes, fmt.Sprintf("%d below %.2f drawn at the foot", c.below, math.Ceil(100*c.y.low)/100))
	}
	if c.leftOut > 0 {
		notes = append(notes, fmt.Sprintf("%d without a place left out", c.leftOut))
	}
	return notes
}
