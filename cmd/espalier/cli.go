package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes. An interrupted run ends like a program that the signal ended.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// grammar is what the command line can say.
type grammar struct {
	Search    searchCmd    `cmd:"" help:"Search a space for networks that fit this machine, from pictures to files that run."`
	Train     trainCmd     `cmd:"" help:"Train the shared weights of a space, or one architecture alone, into a run folder."`
	Eval      evalCmd      `cmd:"" help:"Evaluate architectures with a run's weights, without retraining, or a network file on pictures."`
	Fidelity  fidelityCmd  `cmd:"" help:"Tell how well a supernet ranks architectures, against training each of them alone."`
	Tabular   tabularCmd   `cmd:"" help:"Train every network of a small space alone, into a table."`
	Compare   compareCmd   `cmd:"" help:"Let search strategies search a table of networks whose figures are known, and say which does better than random search."`
	Measure   measureCmd   `cmd:"" help:"Measure how long layers and networks of a space take on this machine, and networks on another runtime."`
	Predictor predictorCmd `cmd:"" help:"Tell how well predictors do on tables of measured networks."`
	Bench     benchCmd     `cmd:"" help:"Measure the limits of this machine, and how near to them layers come: its roofline."`
	Export    exportCmd    `cmd:"" help:"Extract one architecture of a run with the weights of its supernet, not trained on alone, as a network file or an ONNX model. What a search has trained is in the folder networks of the run, in both forms."`
	Verify    verifyCmd    `cmd:"" help:"Check a file for damage, or that views, network files and ONNX models of a run's architectures say the same."`
	Diff      diffCmd      `cmd:"" help:"Compare two weights files: metadata and every tensor."`
	Classify  classifyCmd  `cmd:"" help:"Run a network file or ONNX model on picture files."`
	Inspect   inspectCmd   `cmd:"" help:"Show what a file of this program holds."`
	Draw      drawCmd      `cmd:"" help:"Draw a network: its layers, and what was chosen among what the space offers."`
	Spaces    spacesCmd    `cmd:"" help:"List the search spaces, or describe one: its decisions, its size, its smallest and largest network."`
	Version   versionCmd   `cmd:"" help:"Show the version, the processor and the kernels that it can run."`
}

// streams are where a command writes, results and everything else, and whom it tells how much
// memory it needs.
type streams struct {
	out, err io.Writer
	memory   func(bytes int64) // see search.Monitor; nil: nobody
}

// interruptible returns a context that the first interrupt or termination ends.
// A second one ends the process at once.
func interruptible(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // from here on signals have their usual effect
	return ctx, stop
}

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, args []string, s streams) int {
	exited := false
	parser, err := kong.New(new(grammar), append(values(),
		kong.Name("espalier"),
		kong.Description("One-shot neural architecture search: image classifiers that fit a machine."),
		helpVars(),
		kong.ValueFormatter(withDefault),
		kong.Writers(s.out, s.err),
		kong.Exit(func(int) { exited = true }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)...)
	if err != nil {
		return fail(s.err, err, exitFailure)
	}
	parsed, err := parser.Parse(doubleDashes(parser.Model, helpLast(args)))
	switch {
	case exited:
		return 0 // help was asked for
	case err != nil && len(args) == 0:
		return fail(s.err, fmt.Errorf("%w; espalier help says what each does", err), exitUsage)
	case err != nil:
		return fail(s.err, err, exitUsage)
	}
	switch err := parsed.Run(); {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled):
		fail(s.err, err, 0)
		return exitInterrupted
	default:
		return fail(s.err, err, exitFailure)
	}
}

// fail prints an error and returns code.
func fail(w io.Writer, err error, code int) int {
	fmt.Fprintf(w, "espalier: %v\n", err)
	return code
}

// helpLast lets help be asked for as a command: help search is search --help.
func helpLast(args []string) []string {
	if len(args) == 0 || args[0] != "help" {
		return args
	}
	return append(slices.Clone(args[1:]), "--help")
}

// doubleDashes lets long flags be written with one dash, as Go's own flag
// package does: -data becomes --data if there is a flag of that name.
func doubleDashes(app *kong.Application, args []string) []string {
	known := map[string]bool{"help": true}
	nodes := append([]*kong.Node{app.Node}, app.Children...)
	for _, child := range app.Children {
		nodes = append(nodes, child.Children...)
	}
	for _, node := range nodes {
		for _, group := range node.AllFlags(false) {
			for _, f := range group {
				known[f.Name] = true
				if n := f.Tag.Negatable; n != "" {
					known["no-"+f.Name] = true
				}
			}
		}
	}
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = a
		if a == "--" {
			copy(out[i:], args[i:])
			break
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(a, "-"), "=")
		if len(name) > 1 && strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && known[name] {
			out[i] = "-" + a
		}
	}
	return out
}
