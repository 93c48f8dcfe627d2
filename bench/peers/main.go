// Command peers times our convolutions and networks beside those of oneDNN,
// PyTorch and ONNX Runtime, in turns, and writes the ratios. Its folder's run
// builds the peers and starts it; README.md there says who runs and how it is fair.
//
// It may import bench, bench/nets, ops, supernet and space. Read rounds.go (turns)
// and arm.go (a process that is asked) first.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func main() {
	runtime.LockOSThread() // the arms die with the thread that starts them
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// command runs a subcommand: layers and nets compare, serve is our arm.
func command(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch name, rest := args[0], args[1:]; {
		case name == "layers":
			return runLayers(ctx, rest, os.Stdout)
		case name == "nets":
			return runNets(ctx, rest, os.Stdout)
		case name == "serve" && len(rest) == 1:
			return serveOurs(os.Stdin, os.Stdout, rest[0])
		}
	}
	return errors.New("usage: peers layers|nets [flags], or peers serve THREADS")
}
