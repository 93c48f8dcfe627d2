package controller

import (
	"errors"
	"fmt"
	"strings"
)

// Cost of an architecture, known without training it.
type Cost struct {
	Latency   float64         // seconds per image
	FLOPs     int64           // operations of one forward pass on one image
	Params    int64           // trainable numbers
	Memory    int64           // bytes of maps alive at once, at most, on one image; see space.Plan.PeakActivations
	Size      int64           // bytes of the network's file; 0: not asked for
	Energy    float64         // joules per image; 0: not known
	Elsewhere []DeviceLatency // on further devices, as predicted; in the order of Limits.Elsewhere
}

// DeviceLatency is a latency on a device that has a name.
type DeviceLatency struct {
	Device  string
	Latency float64 // seconds per image
}

// Limits that every evaluated architecture must meet; a zero field sets none.
type Limits struct {
	Latency   float64 // seconds per image
	FLOPs     int64   // operations of one forward pass on one image
	Params    int64   // trainable numbers
	Memory    int64   // bytes of maps alive at once on one image
	Size      int64   // bytes of the network's file
	Energy    float64 // joules per image
	Elsewhere []DeviceLatency
}

// term is one limit that is set, beside what it is on.
type term struct {
	limit  float64
	of     func(Cost) float64
	figure func(v float64) string // names the quantity and says how much of it
	bare   func(v float64) string // says how much
}

// terms lists the limits that are set.
func (l Limits) terms() []term {
	var set []term
	add := func(limit float64, of func(Cost) float64, format string, bare func(float64) string) {
		if limit != 0 {
			set = append(set, term{limit, of, func(v float64) string { return fmt.Sprintf(format, bare(v)) }, bare})
		}
	}
	add(l.Latency, func(c Cost) float64 { return c.Latency }, "latency %s", milliseconds)
	add(float64(l.FLOPs), func(c Cost) float64 { return float64(c.FLOPs) }, "%s FLOPs", whole)
	add(float64(l.Params), func(c Cost) float64 { return float64(c.Params) }, "%s parameters", whole)
	add(float64(l.Memory), func(c Cost) float64 { return float64(c.Memory) }, "memory of %s bytes", whole)
	add(float64(l.Size), func(c Cost) float64 { return float64(c.Size) }, "a file of %s bytes", whole)
	add(l.Energy, func(c Cost) float64 { return c.Energy }, "energy %s", millijoules)
	for i, d := range l.Elsewhere {
		of := func(c Cost) float64 { return c.Elsewhere[i].Latency }
		add(d.Latency, of, "latency %s on "+strings.ReplaceAll(d.Device, "%", "%%"), milliseconds)
	}
	return set
}

// Validate reports a limit that cannot be meant.
func (l Limits) Validate() error {
	var faults []error
	check := func(name string, v float64, unit string) {
		if !(v >= 0) {
			faults = append(faults, fmt.Errorf("limits.%s is %v%s, want a positive number, or 0 for none", name, v, unit))
		}
	}
	check("latency", l.Latency, " s")
	check("flops", float64(l.FLOPs), "")
	check("params", float64(l.Params), "")
	check("memory", float64(l.Memory), " bytes")
	check("size", float64(l.Size), " bytes")
	check("energy", l.Energy, " J")
	for i, d := range l.Elsewhere {
		check(fmt.Sprintf("elsewhere[%d]", i), d.Latency, " s")
	}
	return errors.Join(faults...)
}

// Excess returns by what share of a limit c exceeds it, for the limit that it
// breaks most: 0.25 means a quarter too much. It is 0 when c meets all.
func (l Limits) Excess(c Cost) float64 {
	worst := 0.0
	for _, t := range l.terms() {
		worst = max(worst, t.of(c)/t.limit-1)
	}
	return worst
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
	for _, t := range l.terms() {
		if v := t.of(c); v > t.limit {
			faults = append(faults, t.figure(v)+" above "+t.bare(t.limit))
		}
	}
	return strings.Join(faults, ", ")
}

// String lists the limits that are set.
func (l Limits) String() string {
	var set []string
	for _, t := range l.terms() {
		set = append(set, t.figure(t.limit))
	}
	if len(set) == 0 {
		return "none"
	}
	return strings.Join(set, ", ")
}

// String gives the figures that are known; a latency, size or energy of 0 is not.
func (c Cost) String() string {
	text := fmt.Sprintf("%d FLOPs, %d parameters", c.FLOPs, c.Params)
	if c.Latency != 0 {
		text = milliseconds(c.Latency) + ", " + text
	}
	if c.Memory != 0 {
		text += fmt.Sprintf(", %d bytes of memory", c.Memory)
	}
	if c.Size != 0 {
		text += fmt.Sprintf(", a file of %d bytes", c.Size)
	}
	if c.Energy != 0 {
		text += ", " + millijoules(c.Energy)
	}
	for _, d := range c.Elsewhere {
		text += fmt.Sprintf(", %s on %s", milliseconds(d.Latency), d.Device)
	}
	return text
}

func milliseconds(seconds float64) string { return fmt.Sprintf("%.4g ms", seconds*1e3) }

func whole(v float64) string            { return fmt.Sprintf("%.0f", v) }
func millijoules(joules float64) string { return fmt.Sprintf("%.4g mJ", joules*1e3) }
