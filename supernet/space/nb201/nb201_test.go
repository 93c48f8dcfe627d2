package nb201_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/internal/conform"
	"github.com/espalier-nas/espalier/supernet/space/nb201"
)

var cifar = space.Input{H: 32, W: 32, C: 3, Classes: 10}

func published(t *testing.T) *nb201.Family {
	t.Helper()
	f, err := nb201.New(nb201.Config{Name: "nb201", Channels: 16, Cells: 5}, cifar)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// macs returns the multiply-adds of convolutions and linear layers and the numbers added
// as biases, which is what the benchmark counts as FLOPs.
func macs(p space.Plan) (n int64) {
	for _, s := range p {
		if _, ok := s.Layer.Weight(); ok {
			n += s.Layer.FLOPs() / 2
		}
		if s.Bias {
			n += int64(s.Layer.OutC)
		}
	}
	return n
}

// The benchmark's tables say what these networks cost on CIFAR-10.
func TestCostsArePublished(t *testing.T) {
	f := published(t)
	for text, want := range map[string][2]int64{
		"|skip_connect~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|":                                 {7_783_050, 73_306},
		"|none~0|+|none~0|none~1|+|none~0|none~1|none~2|":                                                 {7_783_050, 73_306},
		"|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|": {220_119_690, 1_531_546},
	} {
		a, err := f.Space().Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		p := f.Plan(a)
		if err := p.Validate(); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if macs(p) != want[0] || p.Params() != want[1] {
			t.Errorf("%s: %d multiply-adds, %d parameters; want %d and %d", text, macs(p), p.Params(), want[0], want[1])
		}
	}
}

// Every string is read back, and the canonical forms are the classes of the benchmark.
func TestClasses(t *testing.T) {
	f := published(t)
	file, err := os.Open("testdata/classes.txt.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	classOf, textOf := map[string]string{}, map[string]string{}
	n := 0
	for a := range f.Space().Enumerate {
		if !lines.Scan() {
			t.Fatalf("classes of %d networks; want more", n)
		}
		n++
		text := f.Space().Format(a)
		if b, err := f.Space().Parse(text); err != nil || b != a {
			t.Fatalf("%s is read as %v, %v", text, b, err)
		}
		class, canonical := lines.Text(), f.Canonical(a)
		if have, known := classOf[canonical]; known && have != class {
			t.Fatalf("%s has the form %q of class %s; its own is %s", text, canonical, have, class)
		}
		if have, known := textOf[class]; known && have != canonical {
			t.Fatalf("class %s has the forms %q and %q", class, have, canonical)
		}
		classOf[canonical], textOf[class] = class, canonical
	}
	if n != 15_625 || lines.Scan() || len(classOf) != 6_466 {
		t.Errorf("%d networks in %d classes; want 15,625 in 6,466", n, len(classOf))
	}
}

// The family keeps what it must at every size of picture.
func TestPlans(t *testing.T) {
	for _, in := range []space.Input{cifar, {H: 28, W: 28, C: 1, Classes: 10}, {H: 13, W: 9, C: 2, Classes: 3}} {
		f, err := nb201.New(nb201.Config{Name: "small", Channels: 4, Cells: 1}, in)
		if err != nil {
			t.Fatal(err)
		}
		conform.Family(t, f, rand.New(rand.NewPCG(1, 1)), 300)
	}
}

// What cannot reach the output is not computed, and what can is.
func TestDeadEdges(t *testing.T) {
	f, err := nb201.New(nb201.Config{Name: "one", Channels: 4, Cells: 1}, cifar)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|none~1|none~2|": "",
		"|none~0|+|none~0|nor_conv_3x3~1|+|none~0|nor_conv_1x1~1|nor_conv_3x3~2|":         "",
		"|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|avg_pool_3x3~2|": "node1/from0/nor_conv_3x3 node2/from1/nor_conv_1x1",
		"|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|nor_conv_1x1~0|skip_connect~1|none~2|": "node1/from0/nor_conv_3x3 node3/from0/nor_conv_1x1",
		"|skip_connect~0|+|none~0|nor_conv_3x3~1|+|nor_conv_3x3~0|none~1|skip_connect~2|": "node2/from1/nor_conv_3x3 node3/from0/nor_conv_3x3",
		"|none~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_1x1~0|nor_conv_3x3~1|none~2|": "node3/from0/nor_conv_1x1",
		"|avg_pool_3x3~0|+|none~0|none~1|+|nor_conv_1x1~0|nor_conv_3x3~1|nor_conv_3x3~2|": "node3/from0/nor_conv_1x1 node3/from1/nor_conv_3x3",
		"|avg_pool_3x3~0|+|none~0|skip_connect~1|+|none~0|nor_conv_3x3~1|nor_conv_3x3~2|": "node3/from1/nor_conv_3x3 node3/from2/nor_conv_3x3",
		"|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|none~1|none~2|":                 "",
		"|skip_connect~0|+|skip_connect~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|": "node3/from2/nor_conv_1x1",
		"|nor_conv_1x1~0|+|nor_conv_1x1~0|nor_conv_1x1~1|+|none~0|none~1|skip_connect~2|": "node1/from0/nor_conv_1x1 node2/from0/nor_conv_1x1 node2/from1/nor_conv_1x1",
		"|nor_conv_3x3~0|+|skip_connect~0|none~1|+|skip_connect~0|nor_conv_3x3~1|none~2|": "node1/from0/nor_conv_3x3 node3/from1/nor_conv_3x3",
	} {
		a, err := f.Space().Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range f.Plan(a) {
			if name, ok := strings.CutPrefix(s.Weight, "stage2/cell1/"); ok {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s computes %q; want %q", text, strings.Join(got, " "), want)
		}
	}
}

func TestBadStrings(t *testing.T) {
	f := published(t)
	for text, want := range map[string]string{
		"":                  "1 nodes; want 3",
		"|none~0|+|none~0|": "2 nodes; want 3",
		"|none~0|+|none~0|none~1|+|none~0|none~1|none~1|": `"none~1"; want OP~2`,
		"|none~0|+|none~0|none~1|+|none~0|none~1|sep~2|":  "one of [none skip_connect",
		"none~0+|none~0|none~1|+|none~0|none~1|none~2|":   "node 1",
		"|none~0|+|none~0|+|none~0|none~1|none~2|":        "with 2 operations",
	} {
		if _, err := f.Space().Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

func TestFaultsAreListed(t *testing.T) {
	_, err := nb201.New(nb201.Config{Name: "bad", Channels: 0, Cells: 99}, cifar)
	for _, want := range []string{"channels: 0", "cells: 99"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

func Example() {
	f, err := nb201.New(nb201.Config{Name: "nb201", Channels: 16, Cells: 5}, cifar)
	if err != nil {
		panic(err)
	}
	a, err := f.Space().Parse("|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|")
	if err != nil {
		panic(err)
	}
	fmt.Println(f.Space().SizeExact(), "networks; this one has", f.Plan(a).Params(), "parameters")
	// Output: 15625 networks; this one has 802426 parameters
}
