// Command espalier finds the network that fits a machine: it trains one network
// that contains all candidates, evaluates candidates as views of it without retraining,
// measures them where they will run, and hands back the best trade-offs between
// accuracy and latency, each trained and written as a file that runs.
//
// It holds flags, terminal output and drawings, one file per subcommand, and is the only
// place that prints and exits; the work is package search's. Read cli.go (the grammar),
// flags.go (what sets the configuration) and search.go first.
package main

import (
	"context"
	"os"
	"runtime/debug"
	"strings"
)

func main() {
	ctx, stop := interruptible(context.Background())
	code := execute(ctx, os.Args[1:], streams{os.Stdout, os.Stderr, keepMemory})
	stop()
	os.Exit(code)
}

// codeBytes are taken by the program's code, which the collector does not count.
const codeBytes = 24 << 20

// keepMemory has the collector keep the process to what a run needs at its peak, as far as that
// can be done by working harder. Where GOMEMLIMIT is set, that counts instead.
func keepMemory(needed int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(needed - codeBytes)
	}
}

// commandLine returns the line that this process was begun with, for the files that it makes.
func commandLine() string { return "espalier " + strings.Join(os.Args[1:], " ") }
