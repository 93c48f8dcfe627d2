package main

import (
	"bufio"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/ops"
)

// serveOurs is our arm: it answers the requests on in until they end.
func serveOurs(in io.Reader, out io.Writer, threads string) error {
	workers, err := strconv.Atoi(threads)
	if err != nil || workers < 1 {
		return fmt.Errorf("threads: %q is not a positive number", threads)
	}
	e, err := ops.NewExec(ops.Config{Workers: workers})
	if err != nil {
		return err
	}
	defer e.Close()
	if e.Workers() != workers {
		return fmt.Errorf("threads: %d wanted, GOMAXPROCS allows %d", workers, e.Workers())
	}
	about := fmt.Sprintf("espalier, %s kernels, %s", e.Kernel(), runtime.Version())
	if peak := e.Peak(); peak > 0 {
		about += fmt.Sprintf(", %.0f GFLOP/s at most on one core", peak)
	}
	fmt.Fprintln(out, "ready", about)
	lines := bufio.NewScanner(in)
	var ready *ourCase
	for lines.Scan() {
		asked, ms, err := cutTime(lines.Text())
		if err != nil {
			return err
		}
		if ready == nil || ready.asked != asked {
			if ready, err = newCase(e, lines.Text()); err != nil {
				return err
			}
			ready.asked = asked
		}
		t := measure(ready.run, time.Duration(ms)*time.Millisecond, time.Now)
		fmt.Fprintln(out, answer{times: t, digest: ready.digest, note: ready.note})
	}
	return lines.Err()
}

// cutTime splits a request into what is asked and the milliseconds at its end.
func cutTime(line string) (asked string, ms int, err error) {
	line = strings.TrimSpace(line)
	end := strings.LastIndexByte(line, ' ')
	if ms, err = strconv.Atoi(line[end+1:]); err != nil || end < 0 || ms < 1 {
		return "", 0, fmt.Errorf("request %q: must end with milliseconds", line)
	}
	return line[:end], ms, nil
}

// newCase prepares what a request asks for.
func newCase(e *ops.Exec, line string) (*ourCase, error) {
	if strings.HasPrefix(line, "net ") {
		n, _, err := parseNetwork(line)
		if err != nil {
			return nil, err
		}
		return newOurNetwork(e, n)
	}
	l, p, _, err := parseRequest(line)
	if err != nil {
		return nil, err
	}
	return newOurLayer(e, l, p)
}

// ourCase is a layer or a network ready to run.
type ourCase struct {
	asked  string // the request, without its time
	run    func()
	digest digest
	note   string
}

func newOurLayer(e *ops.Exec, l bench.Layer, p pass) (*ourCase, error) {
	var weights *ops.Param
	if l.Depthwise() {
		weights = ops.NewDepthwise("w", l.OutC, l.K.H, l.K.W)
	} else {
		weights = ops.NewDense("w", l.OutC, l.InC, l.K.H, l.K.W, l.G)
	}
	weightPlaces(l, weights, func(i, at int) { weights.Data[at] = pattern(saltW, i) })
	conv := ops.NewPasses(e, l.N, l.H, l.W, ops.ConvSpec{W: weights.All(), S: l.S, PadH: l.Pad.H, PadW: l.Pad.W})
	in, out := mapOf{l.InC, l.H, l.W}, mapOf{l.OutC, l.OutH(), l.OutW()}
	e.Begin(false)
	x, y := e.New(l.N, l.H, l.W, l.InC).Data, e.New(l.N, l.OutH(), l.OutW(), l.OutC).Data
	c := &ourCase{note: "NHWC"}
	switch p {
	case forward:
		in.fill(x, saltX)
		weights.Freeze() // the peers lay weights out before their time too
		c.run = func() { conv.Forward(x, y) }
		c.run()
		c.digest = digestOf(len(y), func(i int) float32 { return y[out.place(i)] })
	case backwardData:
		out.fill(y, saltDY)
		c.run = func() { conv.BackwardData(y, x) }
		c.run()
		c.digest = digestOf(len(x), func(i int) float32 { return x[in.place(i)] })
	case backwardWeights:
		in.fill(x, saltX)
		out.fill(y, saltDY)
		c.run = func() { conv.BackwardWeights(x, y) }
		c.run()
		places := make([]int, l.Weights())
		weightPlaces(l, weights, func(i, at int) { places[i] = at })
		c.digest = digestOf(len(places), func(i int) float32 { return weights.Grad[places[i]] })
	default:
		return nil, fmt.Errorf("unknown pass %q", p)
	}
	return c, nil
}

// mapOf is the shape of one channels-last picture.
type mapOf struct{ c, h, w int }

// place returns where element i in the order N, C, H, W rests.
func (m mapOf) place(i int) int {
	size := m.h * m.w
	n, c, at := i/(m.c*size), i/size%m.c, i%size
	return (n*size+at)*m.c + c
}

func (m mapOf) fill(x []float32, salt int) {
	for i := range x {
		x[m.place(i)] = pattern(salt, i)
	}
}

// weightPlaces calls f with each weight's number in the order OutC, InC, KH, KW
// and its place in the parameter.
func weightPlaces(l bench.Layer, p *ops.Param, f func(i, at int)) {
	i := 0
	for o := range l.OutC {
		for c := range l.InC / l.G {
			for ky := range l.K.H {
				for kx := range l.K.W {
					f(i, p.Index(o, c, ky, kx))
					i++
				}
			}
		}
	}
}
