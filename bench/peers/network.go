package main

import (
	"fmt"
	"strings"
)

// The passes of a network.
const (
	train pass = "train" // one step: forward, backward, SGD
	infer pass = "infer" // forward, batch norms folded
)

// network is a network at one batch size, and what is done with it.
type network struct {
	net                   string // conv6, or ofa32- and max, min, drawn or sandwich
	channels, size, batch int
	pass                  pass
}

// sandwichSteps is how many different steps a call of a sandwich has: as many
// pairs of random subnets, the same for all arms.
const sandwichSteps = 2

// steps returns how many training steps a call of the network has.
func (n network) steps() int {
	if n.net == "ofa32-sandwich" {
		return sandwichSteps
	}
	return 1
}

// networks lists what is compared.
func networks() []network {
	var all []network
	for _, in := range [][2]int{{1, 28}, {3, 32}} {
		for _, net := range []string{"conv6", "ofa32-max", "ofa32-min", "ofa32-drawn", "ofa32-sandwich"} {
			all = append(all, network{net, in[0], in[1], 64, train})
		}
	}
	for _, batch := range []int{1, 64} {
		for _, net := range []string{"conv6", "ofa32-max", "ofa32-drawn", "ofa32-min"} {
			all = append(all, network{net, 3, 32, batch, infer})
		}
	}
	return all
}

// String names the network in samples and tables.
func (n network) String() string {
	return fmt.Sprintf("%s %dx%dx%d b%d", n.net, n.channels, n.size, n.size, n.batch)
}

// request is the line that asks an arm to time n for about ms milliseconds.
func (n network) request(ms int) string {
	return fmt.Sprintln("net", n.net, n.channels, n.size, n.batch, n.pass, ms)
}

// parseNetwork is the inverse of request.
func parseNetwork(line string) (n network, ms int, err error) {
	var word string
	if _, err := fmt.Sscan(line, &word, &n.net, &n.channels, &n.size, &n.batch, &n.pass, &ms); err != nil || word != "net" {
		return n, ms, fmt.Errorf("request %q: expected net NAME CHANNELS SIZE BATCH PASS MS", strings.TrimSpace(line))
	}
	if n.batch < 1 || (n.pass != train && n.pass != infer) {
		return n, ms, fmt.Errorf("request %q: batch must be positive, the pass train or infer", strings.TrimSpace(line))
	}
	return n, ms, nil
}
