package controller

import (
	"fmt"
	"strings"
)

// Cost of an architecture, known without training it.
type Cost struct {
	Latency float64 // seconds per image
	FLOPs   int64   // operations of one forward pass on one image
	Params  int64   // trainable numbers
	Energy  float64 // joules per image; 0: nobody tells
}

// Limits that every evaluated architecture must meet; a zero field sets none.
type Limits struct {
	Latency float64 // seconds per image
	FLOPs   int64
	Params  int64
	Energy  float64 // joules per image
}

// Validate reports a limit that cannot be meant.
func (l Limits) Validate() error {
	switch {
	case !(l.Latency >= 0):
		return fmt.Errorf("limits.latency is %v s, want a positive number, or 0 for none", l.Latency)
	case l.FLOPs < 0:
		return fmt.Errorf("limits.flops is %d, want a positive number, or 0 for none", l.FLOPs)
	case l.Params < 0:
		return fmt.Errorf("limits.params is %d, want a positive number, or 0 for none", l.Params)
	case !(l.Energy >= 0):
		return fmt.Errorf("limits.energy is %v J, want a positive number, or 0 for none", l.Energy)
	}
	return nil
}

// Excess returns by what share of a limit c exceeds it, for the limit that it
// breaks most: 0.25 means a quarter too much. It is 0 when c meets all.
func (l Limits) Excess(c Cost) float64 {
	over := func(have, limit float64) float64 {
		if limit == 0 {
			return 0
		}
		return have/limit - 1
	}
	return max(0, over(c.Latency, l.Latency), over(float64(c.FLOPs), float64(l.FLOPs)), over(float64(c.Params), float64(l.Params)), over(c.Energy, l.Energy))
}

// Penalty returns the reward of an architecture that breaks a limit: minus its
// Excess, at worst -1. It is graded, so that a policy is led towards the
// feasible region, and below every accuracy, so that it never prefers to stay
// outside.
func (l Limits) Penalty(c Cost) float64 { return -min(1, l.Excess(c)) }

// Broken names every limit that c breaks, with both figures; it is empty when c
// meets all.
func (l Limits) Broken(c Cost) string {
	var faults []string
	if l.Latency > 0 && c.Latency > l.Latency {
		faults = append(faults, fmt.Sprintf("latency %s above %s", milliseconds(c.Latency), milliseconds(l.Latency)))
	}
	if l.FLOPs > 0 && c.FLOPs > l.FLOPs {
		faults = append(faults, fmt.Sprintf("%d FLOPs above %d", c.FLOPs, l.FLOPs))
	}
	if l.Params > 0 && c.Params > l.Params {
		faults = append(faults, fmt.Sprintf("%d parameters above %d", c.Params, l.Params))
	}
	if l.Energy > 0 && c.Energy > l.Energy {
		faults = append(faults, fmt.Sprintf("energy %s above %s", millijoules(c.Energy), millijoules(l.Energy)))
	}
	return strings.Join(faults, ", ")
}

// String lists the limits that are set.
func (l Limits) String() string {
	var set []string
	if l.Latency > 0 {
		set = append(set, "latency "+milliseconds(l.Latency))
	}
	if l.FLOPs > 0 {
		set = append(set, fmt.Sprintf("%d FLOPs", l.FLOPs))
	}
	if l.Params > 0 {
		set = append(set, fmt.Sprintf("%d parameters", l.Params))
	}
	if l.Energy > 0 {
		set = append(set, "energy "+millijoules(l.Energy))
	}
	if len(set) == 0 {
		return "none"
	}
	return strings.Join(set, ", ")
}

// String gives the figures; a latency or energy of 0 is one that is not known.
func (c Cost) String() string {
	size := fmt.Sprintf("%d FLOPs, %d parameters", c.FLOPs, c.Params)
	if c.Energy > 0 {
		size = millijoules(c.Energy) + ", " + size
	}
	if c.Latency == 0 { // not known yet
		return size
	}
	return milliseconds(c.Latency) + ", " + size
}

func milliseconds(seconds float64) string { return fmt.Sprintf("%.4g ms", seconds*1e3) }

func millijoules(joules float64) string { return fmt.Sprintf("%.4g mJ", joules*1e3) }
