// Command espalier finds the network that fits a machine: it trains one network
// that contains all candidates, cuts candidates out without retraining them,
// measures them where they will run, and hands back the best trade-offs between
// accuracy and latency, each as a file that runs.
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
