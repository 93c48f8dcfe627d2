package main

import (
	"fmt"
	"strings"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/supernet/space"
)

// pass is one of the three passes of a convolution.
type pass string

const (
	forward         pass = "forward"
	backwardData    pass = "backward-data"
	backwardWeights pass = "backward-weights"
)

// passes lists all passes in the order in which they are run.
var passes = []pass{forward, backwardData, backwardWeights}

// request is the line that asks an arm to time one pass of l for about ms
// milliseconds.
func request(l bench.Layer, p pass, ms int) string {
	return fmt.Sprintln(l.Name, l.N, l.InC, l.H, l.W, l.OutC, l.K.Short(), l.S, l.Pad.Short(), l.G, p, ms)
}

// parseRequest is the inverse of request, except for the layer's class.
func parseRequest(line string) (l bench.Layer, p pass, ms int, err error) {
	var kernel, pad string
	n, err := fmt.Sscan(line, &l.Name, &l.N, &l.InC, &l.H, &l.W, &l.OutC, &kernel, &l.S, &pad, &l.G, &p, &ms)
	if err == nil {
		l.K, err = space.ParseSides(kernel)
	}
	if err == nil {
		l.Pad, err = space.ParseSides(pad)
	}
	if err != nil {
		return l, p, ms, fmt.Errorf("request %q, value %d: %w", strings.TrimSpace(line), n+1, err)
	}
	l.Class = "asked"
	return l, p, ms, l.Validate()
}

func dense(l bench.Layer) bool     { return l.K.Area() > 1 && !l.Depthwise() }
func pointwise(l bench.Layer) bool { return l.K.Area() == 1 && !l.Depthwise() }

// first reports whether l reads pictures: nobody needs the gradient of its input.
func first(l bench.Layer) bool { return l.InC <= 3 }

// odd reports whether l is dense between channels that do not fill vectors.
func odd(l bench.Layer) bool { return dense(l) && !first(l) && (l.InC%16 != 0 || l.OutC%16 != 0) }

// wide3x3 reports whether l is one of the layers for which there are algorithms
// that multiply less.
func wide3x3(l bench.Layer) bool {
	return dense(l) && !odd(l) && l.K == space.Square(3) && l.S == 1 && min(l.InC, l.OutC) >= 32
}
