// Package external measures networks on a runtime that is not this project's: by a command
// that is given the path of an ONNX model and prints milliseconds, and perhaps millijoules, per
// image. docs/probe.md is the contract.
//
// It may import bench, supernet, onnx and space. Read Command here, then words.go (how a
// command is split) and answer.go (what it may print).
package external

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/onnx"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// longest is how long one call of a command may take.
	longest = 2 * time.Minute
	// patience is how long its output is waited for after its end.
	patience = 2 * time.Second
	// batchVariable tells a command how many images a forward pass has.
	batchVariable = "ESPALIER_BATCH"
)

// Command is a runtime behind a command. It is called with the path of a model as
// its last argument, once for each network.
type Command struct {
	text  string
	words []string
	batch int
	limit time.Duration // of one call
}

// New returns the runtime behind a command, whose words are split at blanks, with
// quotes; no shell is called. batch is how many images a forward pass is to have.
func New(command string, batch int) (*Command, error) {
	words, err := split(command)
	if err != nil {
		return nil, fmt.Errorf("probe %q: %w", command, err)
	}
	return &Command{text: command, words: words, batch: batch, limit: longest}, nil
}

// Name implements bench.Runtime.
func (c *Command) Name() string {
	return fmt.Sprintf("%s, batch %d", strings.Join(strings.Fields(c.text), " "), c.batch)
}

// Measure implements bench.Runtime: it writes the model to a file of its own, calls
// the command, and reads what it prints. Errors name the command and what it printed.
func (c *Command) Measure(ctx context.Context, p space.Plan) (bench.Reading, error) {
	dir, err := os.MkdirTemp("", "espalier-probe-")
	if err != nil {
		return bench.Reading{}, fmt.Errorf("probe: %w", err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "network.onnx")
	net, err := network(p)
	if err == nil {
		err = onnx.Save(path, net)
	}
	if err != nil {
		return bench.Reading{}, fmt.Errorf("probe: %w", err)
	}
	return c.call(ctx, path)
}

// call runs the command on a model.
func (c *Command) call(ctx context.Context, path string) (bench.Reading, error) {
	limited, done := context.WithTimeout(ctx, c.limit)
	defer done()
	var out, errs firstBytes
	cmd := exec.CommandContext(limited, c.words[0], append(c.words[1:len(c.words):len(c.words)], path)...)
	cmd.Env = append(os.Environ(), batchVariable+"="+strconv.Itoa(c.batch))
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errs, patience
	group(cmd)
	err := cmd.Run()
	if ctx.Err() != nil {
		return bench.Reading{}, ctx.Err()
	}
	if limited.Err() != nil {
		err = fmt.Errorf("it did not end within %v", c.limit)
	}
	if err == nil && out.more {
		err = fmt.Errorf("more than %d bytes; %s", most, wanted)
	}
	var r bench.Reading
	if err == nil {
		r, err = answer(out.String())
	}
	if err != nil {
		return bench.Reading{}, fmt.Errorf("probe %q: %w; it printed %q, and as errors %q", c.text, err, out.String(), errs.String())
	}
	return r, nil
}

// network returns a network of plan p in the form that is handed over: normalisation
// of pictures first, batch norms folded. Its weights are random.
func network(p space.Plan) (*supernet.Network, error) {
	n, err := supernet.NewNetwork(p, 1)
	if err != nil {
		return nil, err
	}
	values := make([]supernet.Values, len(p))
	for i := range p {
		values[i] = n.Values(i)
	}
	var l supernet.Label
	for range p[0].Layer.InC {
		l.Mean, l.Std = append(l.Mean, 0.5), append(l.Std, 0.25)
	}
	for i := range p[len(p)-1].Layer.OutC {
		l.Classes = append(l.Classes, strconv.Itoa(i))
	}
	if n, err = supernet.Assemble(p, l, values); err != nil {
		return nil, err
	}
	return n.Fold(), nil
}
