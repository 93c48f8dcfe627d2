package main

import (
	"bufio"
	"fmt"
	"os"
	"testing"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/supernet/space"
)

// fakeArm is the variable that makes the test program an arm.
const fakeArm = "PEERS_TEST_ARM"

// TestMain lets the test program play an arm: our own, or a false one.
func TestMain(m *testing.M) {
	switch os.Getenv(fakeArm) {
	case "":
		os.Exit(m.Run())
	case "ours":
		if err := serveOurs(os.Stdin, os.Stdout, os.Args[len(os.Args)-1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		reply := os.Getenv(fakeArm)
		fmt.Println("ready a fake")
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			fmt.Println(reply)
		}
	}
}

// tiny are layers that take no time: dense, grouped, pointwise and depthwise.
var tiny = []bench.Layer{
	{Name: "dense", Class: "a", N: 2, InC: 20, H: 7, W: 5, OutC: 24, K: space.Square(3), S: 2, Pad: space.Square(1), G: 1},
	{Name: "stem", Class: "a", N: 1, InC: 3, H: 8, W: 8, OutC: 16, K: space.Square(3), S: 1, Pad: space.Square(1), G: 1},
	{Name: "grouped", Class: "b", N: 1, InC: 12, H: 6, W: 6, OutC: 24, K: space.Square(3), S: 1, Pad: space.Square(1), G: 3},
	{Name: "wide", Class: "b", N: 1, InC: 32, H: 6, W: 6, OutC: 32, K: space.Square(3), S: 1, Pad: space.Square(1), G: 1},
	{Name: "pointwise", Class: "b", N: 3, InC: 17, H: 4, W: 4, OutC: 9, K: space.Square(1), S: 1, Pad: space.Square(0), G: 1},
	{Name: "depthwise", Class: "c", N: 2, InC: 18, H: 6, W: 9, OutC: 18, K: space.Square(5), S: 2, Pad: space.Square(2), G: 18},
}
