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
	"strings"
)

func main() {
	ctx, stop := interruptible(context.Background())
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// commandLine returns the line that this process was begun with, for the files that it makes.
func commandLine() string { return "espalier " + strings.Join(os.Args[1:], " ") }
