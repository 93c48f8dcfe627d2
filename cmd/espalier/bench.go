package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/internal/atomicfile"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search"
)

type benchCmd struct {
	screenFlags
	Network string   `type:"existingfile" placeholder:"FILE" help:"Layers of this network file or ONNX model, instead of the table of benchmarks."`
	Batch   *int     `placeholder:"N" help:"Images per pass of a network's layers (default: 1); the table of benchmarks has its own."`
	Classes []string `placeholder:"NAME,..." help:"Only layers of these classes, such as dense_small,pointwise,depthwise."`
	Passes  []string `placeholder:"NAME,..." help:"Only these passes: forward, data, weights."`
	Workers int      `placeholder:"N" help:"Goroutines that compute (default: one per processor)."`
	Kernel  string   `placeholder:"NAME" help:"Kernels: ${kernels} (default: the best)."`
	Quick   bool     `help:"Measure for a quarter of the time."`
	SVG     string   `name:"svg" placeholder:"FILE" help:"Write the roofline as a picture."`
	JSON    string   `name:"json" placeholder:"FILE" help:"Write all figures."`
}

// benchFile is what --json writes.
type benchFile struct {
	Version  string         `json:"version"`
	Machine  bench.Machine  `json:"machine"`
	Workers  int            `json:"workers"` // that the roofline and the points are of
	Roofline bench.Roofline `json:"roofline"`
	Points   []bench.Point  `json:"points"`
}

// Run measures this machine's limits and how near layers come to them.
func (c benchCmd) Run(ctx context.Context, s streams) error {
	layers, err := c.layers()
	if err != nil {
		return err
	}
	passes, err := c.passes()
	if err != nil {
		return err
	}
	e, err := ops.NewExec(ops.Config{Kernel: c.Kernel, Workers: c.Workers})
	if err != nil {
		return err
	}
	defer e.Close()
	screen, _, err := c.screenFlags.open(s.err, nil)
	if err != nil {
		return err
	}
	f := benchFile{Version: search.Version(), Workers: e.Workers()}
	f.Machine, err = bench.MeasureMachine(ctx, ops.Config{Kernel: e.Kernel(), Workers: e.Workers()}, c.effort(), phase(screen.Events, "machine"))
	screen.Events.End()
	if err != nil {
		return err
	}
	if err := bench.WriteMachine(s.out, f.Machine); err != nil {
		return err
	}
	if f.Roofline, err = f.Machine.Roofline(e.Workers()); err != nil {
		return err
	}
	f.Points, err = bench.MeasureLayers(ctx, e, f.Roofline, layers, passes, c.effort(), phase(screen.Events, "layers"))
	screen.Events.End()
	if err != nil {
		return err
	}
	return c.show(s.out, f)
}

// layers returns the layers that were asked for.
func (c benchCmd) layers() ([]bench.Layer, error) {
	all, err := c.all()
	if err != nil || len(c.Classes) == 0 {
		return all, err
	}
	var known []string
	for _, l := range all {
		if !slices.Contains(known, l.Class) {
			known = append(known, l.Class)
		}
	}
	for _, class := range c.Classes {
		if !slices.Contains(known, class) {
			return nil, fmt.Errorf("--classes: %q is unknown; want some of %s", class, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(all, func(l bench.Layer) bool { return !slices.Contains(c.Classes, l.Class) }), nil
}

func (c benchCmd) all() ([]bench.Layer, error) {
	if c.Network == "" {
		if c.Batch != nil {
			return nil, errors.New("--batch is of the layers of a network; want --network beside it: the table of benchmarks has batches of its own")
		}
		return bench.Layers()
	}
	n, err := readNetwork(c.Network)
	if err != nil {
		return nil, err
	}
	batch := 1
	set(&batch, c.Batch)
	layers, err := bench.PlanLayers(n.Plan(), batch)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Network, err)
	}
	if len(layers) == 0 {
		return nil, fmt.Errorf("%s: a network without convolutions and linear layers", c.Network)
	}
	return layers, nil
}

// passes returns the passes that were asked for, in their usual order.
func (c benchCmd) passes() ([]bench.Pass, error) {
	if len(c.Passes) == 0 {
		return bench.Passes(), nil
	}
	for _, name := range c.Passes {
		if !slices.Contains(bench.Passes(), bench.Pass(name)) {
			return nil, fmt.Errorf("--passes: %q is unknown; want some of %v", name, bench.Passes())
		}
	}
	return slices.DeleteFunc(bench.Passes(), func(p bench.Pass) bool { return !slices.Contains(c.Passes, string(p)) }), nil
}

// effort returns how long to measure one thing.
func (c benchCmd) effort() bench.Effort {
	e := bench.DefaultEffort
	if c.Quick {
		e.Warmup, e.Rounds = time.Millisecond, 4
	}
	return e
}

// phase begins a phase of the display and returns what tells it how far it is.
func phase(d search.Events, name string) func(done, total int) {
	d.Begin(name)
	return func(done, total int) {
		d.Update(search.Status{Done: float64(done), Total: float64(total), Unit: "measurements"})
	}
}

// show prints the roofline and writes the files that were asked for.
func (c benchCmd) show(out io.Writer, f benchFile) error {
	title := fmt.Sprintf("Roofline of %s, %s kernels, workers: %d", f.Machine.Processor, f.Machine.Kernel, f.Workers)
	if _, err := fmt.Fprintf(out, "\n%s\n\n", title); err != nil {
		return err
	}
	if err := bench.WriteTable(out, f.Roofline, f.Points); err != nil {
		return err
	}
	plot := bench.Plot{Columns: 80, Rows: 24, ASCII: !unicodeLocale(os.Getenv)}
	if live, width := terminal(out); live {
		plot.Columns = min(width(), 140)
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	if err := bench.WritePlot(out, f.Roofline, f.Points, plot); err != nil {
		return err
	}
	return c.write(title, f)
}

func (c benchCmd) write(title string, f benchFile) error {
	if c.SVG != "" {
		var b bytes.Buffer
		if err := bench.WriteSVG(&b, title, f.Roofline, f.Points); err != nil {
			return err
		}
		if err := writeFile(c.SVG, b.Bytes()); err != nil {
			return err
		}
	}
	if c.JSON == "" {
		return nil
	}
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(c.JSON, append(b, '\n'))
}

// writeFile replaces a file as a whole.
func writeFile(path string, b []byte) error {
	if err := atomicfile.WriteBytes(path, b); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// unicodeLocale reports whether the environment promises more than ASCII: the
// first of the variables that is set decides.
func unicodeLocale(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(env(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}
