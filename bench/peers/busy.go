package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// coreTime is the time that the machine's cores have spent since it started, in
// ticks of the system.
type coreTime struct{ busy, all float64 }

// readCoreTime asks the system, which must be Linux.
func readCoreTime() (coreTime, error) {
	const file = "/proc/stat"
	text, err := os.ReadFile(file)
	if err != nil {
		return coreTime{}, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	t, err := parseCoreTime(first)
	if err != nil {
		return t, fmt.Errorf("%s: %w", file, err)
	}
	return t, nil
}

// parseCoreTime reads the line "cpu USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ
// STEAL ...".
func parseCoreTime(line string) (t coreTime, err error) {
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return t, errors.New("the first line must be cpu and at least eight numbers")
	}
	for i, f := range fields[1:9] {
		var v float64
		if _, err := fmt.Sscan(f, &v); err != nil {
			return t, fmt.Errorf("number %d: %w", i+1, err)
		}
		t.all += v
		if i != 3 && i != 4 { // idle, waiting for input
			t.busy += v
		}
	}
	return t, nil
}

// others returns which fraction of the cores' time between two readings went to
// programs other than those that ran for own seconds altogether, on so many
// cores in a time of wall.
func others(from, to coreTime, own, wall time.Duration, cores int) float64 {
	all := to.all - from.all
	if all <= 0 || wall <= 0 {
		return 0
	}
	return max(0, (to.busy-from.busy)/all-own.Seconds()/(wall.Seconds()*float64(cores)))
}
