package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/espalier-nas/espalier/search"
)

type verifyCmd struct {
	Path string `arg:"" name:"run" type:"path" help:"Run folder with a supernet; or a weights file, an ONNX model or a journal, every byte of which is checked."`
	screenFlags
	checkFlags
}

// checkFlags are flags of checking what architectures of a run compute.
type checkFlags struct {
	Count       *int    `placeholder:"N" help:"Random architectures to check (default: 100)."`
	Pictures    *int    `placeholder:"N" help:"Pictures of the validation split for each (default: 1000)."`
	Interpreted *int    `placeholder:"N" help:"How many of these pictures go through the interpreter of ONNX models too, which is slow (default: 2)."`
	Workers     *int    `placeholder:"N" help:"Goroutines that compute (default: as in the run)."`
	Kernel      *string `placeholder:"NAME" help:"Kernels: ${kernels} (default: as in the run)."`
}

// options returns how much to check.
func (f checkFlags) options() search.VerifyOptions {
	o := search.VerifyOptions{Count: 100, Pictures: 1000, Interpreted: 2}
	set(&o.Count, f.Count)
	set(&o.Pictures, f.Pictures)
	set(&o.Interpreted, f.Interpreted)
	return o
}

// Validate wants something to check.
func (f checkFlags) Validate() error {
	if o := f.options(); o.Count < 1 || o.Pictures < 1 || o.Interpreted < 0 {
		return errors.New("--count and --pictures: want at least 1; --interpreted: 0 or more")
	}
	return nil
}

// Run checks that views, files and ONNX models of a run's architectures say the same, or
// one file.
func (c verifyCmd) Run(ctx context.Context, s streams) error {
	info, err := os.Stat(c.Path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		if c.checkFlags != (checkFlags{}) {
			return fmt.Errorf("%s is checked byte by byte; want no --count, --pictures, --interpreted, --workers or --kernel beside a file: they are of a run folder", c.Path)
		}
		return verifyFile(s.out, c.Path)
	}
	t := trainedFlags{Folder: c.Path, Workers: c.Workers, Kernel: c.Kernel}
	r, err := t.open(search.OpenTrained, c.screenFlags, s)
	if err != nil {
		return err
	}
	screen, _, err := c.screenFlags.open(s.err, nil)
	if err != nil {
		return errors.Join(err, r.Close())
	}
	screen.Events.Begin("verify")
	o := c.options()
	v, err := r.Verify(ctx, o, func(done int) {
		screen.Events.Update(search.Status{Done: float64(done), Total: float64(o.Count), Unit: "architectures"})
	})
	screen.Events.End()
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%d architectures, %d pictures each:\n"+
		"  network file  the logits of the view, to the bit\n"+
		"  ONNX model    at most %.1e of the largest logit away, the same class but for %d pictures whose two classes are that close\n"+
		"  its nodes     one by one on %d pictures: at most %.1e away\n",
		v.Count, v.Pictures, v.ONNX, v.Close, v.Interpreted, v.Interpreter)
	return err
}
