package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/onnx"
)

type exportCmd struct {
	trainedFlags
	screenFlags
	Arch string `required:"" placeholder:"TEXT" help:"Architecture in text form, or min, max or random."`
	Out  string `placeholder:"FILE" help:"Network file to write."`
	ONNX string `name:"onnx" placeholder:"FILE" help:"ONNX model to write, for other runtimes, with batch norms folded in."`
}

// Validate wants something to do.
func (c exportCmd) Validate() error {
	if c.Out == "" && c.ONNX == "" {
		return errors.New("nothing to write; want --out, --onnx or both")
	}
	if c.Out != "" && filepath.Clean(c.Out) == filepath.Clean(c.ONNX) {
		return fmt.Errorf("--out and --onnx are both %s; want a file for each", c.Out)
	}
	return nil
}

// Run writes one architecture with calibrated statistics.
func (c exportCmd) Run(ctx context.Context, s streams) error {
	r, err := c.trainedFlags.open(search.OpenTrained, c.screenFlags, s)
	if err != nil {
		return err
	}
	a, err := r.Arch(c.Arch)
	if err != nil {
		return errors.Join(err, r.Close())
	}
	n, err := r.Deploy(ctx, a)
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}
	if err := c.write(n, s); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, "with the weights of the supernet: not trained on alone, as the networks are that a search leaves in its folder networks")
	return err
}

// write writes the files that were asked for and says what is in each.
func (c exportCmd) write(n *supernet.Network, s streams) error {
	if c.Out != "" {
		if err := n.Save(c.Out); err != nil {
			return err
		}
		if err := describe(s, c.Out, n); err != nil {
			return err
		}
	}
	if c.ONNX == "" {
		return nil
	}
	n = n.Fold()
	if err := onnx.Save(c.ONNX, n); err != nil {
		return err
	}
	return describe(s, c.ONNX, n)
}

// describe prints what was written to path.
func describe(s streams, path string, n *supernet.Network) error {
	p := n.Plan()
	_, err := fmt.Fprintf(s.out, "%s: %s, %d parameters, %.2f MFLOPs\n", path, n.Label().Arch, p.Params(), float64(p.FLOPs())/1e6)
	return err
}
