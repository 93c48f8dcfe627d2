package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/bench"
)

// TestOursComputesTheConvolution compares the digests of our arm with those of
// plain loops over tensors in the order N, C, H, W.
func TestOursComputesTheConvolution(t *testing.T) {
	var in strings.Builder
	for _, l := range tiny {
		for _, p := range passes {
			in.WriteString(request(l, p, 1))
		}
	}
	var out bytes.Buffer
	if err := serveOurs(strings.NewReader(in.String()), &out, "1"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if !strings.HasPrefix(lines[0], "ready espalier, ") || len(lines) != 1+len(tiny)*len(passes) {
		t.Fatalf("%d lines, the first %q", len(lines), lines[0])
	}
	for i, l := range tiny {
		for j, p := range passes {
			got, err := parseAnswer(lines[1+i*len(passes)+j])
			if err != nil {
				t.Fatal(err)
			}
			if want := plain(l, p); !got.digest.close(want) {
				t.Errorf("%s, %s: digest %+v, plain loops have %+v", l.Name, p, got.digest, want)
			}
		}
	}
}

// plain computes a pass by loops in float64.
func plain(l bench.Layer, p pass) digest {
	size := map[pass]int{forward: l.Output(), backwardData: l.Input(), backwardWeights: l.Weights()}[p]
	sum := make([]float64, size)
	taps(l, func(x, w, y int) {
		switch p {
		case forward:
			sum[y] += float64(pattern(saltX, x)) * float64(pattern(saltW, w))
		case backwardData:
			sum[x] += float64(pattern(saltDY, y)) * float64(pattern(saltW, w))
		default:
			sum[w] += float64(pattern(saltX, x)) * float64(pattern(saltDY, y))
		}
	})
	return digestOf(size, func(i int) float32 { return float32(sum[i]) })
}

// taps calls f with the places of every product of a convolution: input and
// output as N, C, H, W, weight as OutC, InC, KH, KW.
func taps(l bench.Layer, f func(x, w, y int)) {
	in, out := l.InC/l.G, l.OutC/l.G
	for y := range l.Output() {
		ox, oy := y%l.OutW(), y/l.OutW()%l.OutH()
		o, n := y/(l.OutW()*l.OutH())%l.OutC, y/(l.OutW()*l.OutH()*l.OutC)
		for i := range in * l.K.Area() {
			c, ky, kx := i/l.K.Area(), i/l.K.W%l.K.H, i%l.K.W
			iy, ix := oy*l.S+ky-l.Pad.H, ox*l.S+kx-l.Pad.W
			if iy < 0 || ix < 0 || iy >= l.H || ix >= l.W {
				continue
			}
			f(((n*l.InC+o/out*in+c)*l.H+iy)*l.W+ix, o*in*l.K.Area()+i, y)
		}
	}
}

func TestServeOursRefuses(t *testing.T) {
	good := request(tiny[0], forward, 1)
	for _, c := range []struct{ threads, in, want string }{
		{"none", good, "threads"},
		{"0", good, "threads"},
		{"4096", good, "GOMAXPROCS"},
		{"1", "a line\n", "request"},
		{"1", strings.Replace(good, "forward", "sideways", 1), `unknown pass "sideways"`},
		{"1", strings.Replace(good, "dense 2", "dense 0", 1), "must be positive"},
	} {
		err := serveOurs(strings.NewReader(c.in), &bytes.Buffer{}, c.threads)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("threads %q, request %q: error %v, want one with %q", c.threads, c.in, err, c.want)
		}
	}
}

// TestDigest shows that a digest tells results apart that hold the same numbers
// in another order.
func TestDigest(t *testing.T) {
	l := tiny[0]
	m := mapOf{l.OutC, l.OutH(), l.OutW()}
	right := digestOf(l.Output(), func(i int) float32 { return pattern(saltX, i) })
	moved := digestOf(l.Output(), func(i int) float32 { return pattern(saltX, m.place(i)) })
	near := digestOf(l.Output(), func(i int) float32 { return pattern(saltX, i) * 1.00001 })
	if right.close(moved) || !right.close(near) {
		t.Errorf("right %+v, moved %+v, near %+v", right, moved, near)
	}
}
