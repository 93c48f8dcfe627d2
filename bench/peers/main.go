// Command peers times our convolutions and networks beside those of oneDNN,
// PyTorch and ONNX Runtime, in turns, and writes the ratios. Its folder's run
// builds the peers and starts it.
package main

import (
	"context"
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

// command runs a subcommand: layers measures and reports, report writes the
// report of samples measured before, serve is our arm.
func command(ctx context.Context, args []string) error {
	const usage = "usage: peers layers|report [flags], or peers serve THREADS"
	if len(args) == 0 {
		return fmt.Errorf("%s", usage)
	}
	switch name, rest := args[0], args[1:]; {
	case name == "layers":
		return runLayers(ctx, rest)
	case name == "report":
		return runReport(rest)
	case name == "serve" && len(rest) == 1:
		return serveOurs(os.Stdin, os.Stdout, rest[0])
	}
	return fmt.Errorf("%s", usage)
}
