package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/espalier-nas/espalier/predictor/table"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/supernet/space"
)

type predictorCmd struct {
	Latency  predictLatencyCmd  `cmd:"" help:"Predict latencies on a device from those on other devices and a few measurements."`
	Accuracy predictAccuracyCmd `cmd:"" help:"Predict a score of networks from those of others."`
}

// plansFlags say of which space the networks of a table are.
type plansFlags struct {
	Space    string `placeholder:"NAME" help:"Space of the networks, ready-made or a YAML file: models then see their plans too. Its pictures are --size pixels wide and high, in --channels channels, of --classes classes."`
	Size     *int   `placeholder:"N" help:"Pixels on a side of the pictures of --space (default: 32)."`
	Channels *int   `placeholder:"N" help:"Channels of the pictures of --space (default: 3)."`
	Classes  *int   `placeholder:"N" help:"Classes of the pictures of --space (default: 10)."`
}

// family opens the space; nil if none is named.
func (f plansFlags) family() (space.Family, error) {
	if f.Space == "" {
		if f != (plansFlags{}) {
			return nil, errors.New("--size, --channels and --classes are of the pictures of a space; want --space beside them")
		}
		return nil, nil
	}
	declared, err := config.LoadSpace(f.Space)
	if err != nil {
		return nil, err
	}
	in := space.Input{H: 32, C: 3, Classes: 10}
	set(&in.H, f.Size)
	set(&in.C, f.Channels)
	set(&in.Classes, f.Classes)
	in.W = in.H
	return declared.Open(in)
}

// tableFlags say which networks predictors are evaluated on.
type tableFlags struct {
	Table string `required:"" type:"existingfile" placeholder:"FILE" help:"Measured networks: csv, plain or gzipped, with columns idx, ops or genes (a digit or letter per decision, or numbers with - between them) or arch (the space's text form), and numbers."`
	plansFlags
	Pool    string  `placeholder:"A-B" help:"Rows, from 0, that networks to measure are taken from (default: all)."`
	Query   string  `placeholder:"A-B" help:"Rows to measure errors on (default: all others)."`
	Trim    float64 `default:"0" placeholder:"F" help:"Share of the query rows with the lowest, and with the highest, value that is left out."`
	Workers int     `default:"0" placeholder:"N" help:"Goroutines; 0: one per processor. No result depends on it."`
	JSON    string  `name:"json" placeholder:"FILE" help:"Also write the results as JSON."`
}

type predictLatencyCmd struct {
	tableFlags
	Latencies []string `type:"existingfile" sep:"none" placeholder:"FILE" help:"Latencies, joined to --table by idx, or by their networks where neither file has it, if they are in a file of their own: its columns are the devices. May be repeated."`
	Sources   []string `placeholder:"NAME,..." help:"Devices that are known (default: all but the target)."`
	Targets   []string `placeholder:"NAME,..." help:"Devices to predict (default: each in turn)."`
	Samples   []int    `default:"10" placeholder:"N,..." help:"Networks measured on a target."`
	Choose    string   `enum:"chosen,random,both" default:"both" placeholder:"HOW" help:"How the networks to measure on a target are chosen: by the model (chosen), at random (random), or both, one after the other."`
	Seeds     int      `default:"5" placeholder:"N" help:"Random draws of networks."`
}

type predictAccuracyCmd struct {
	tableFlags
	Target  string   `placeholder:"NAME" help:"Column to predict (default: the first with numbers)."`
	Samples []int    `default:"78,390,781" placeholder:"N,..." help:"Networks to learn from."`
	Models  []string `placeholder:"NAME,..." help:"Predictors (default: all)."`
	Seeds   int      `default:"5" placeholder:"N" help:"Random draws of networks."`
}

// open reads the table and the options that both commands have.
func (c tableFlags) open() (*table.Table, space.Family, table.Options, error) {
	o := table.Options{Trim: c.Trim, Workers: c.Workers}
	f, err := c.family()
	if err != nil {
		return nil, nil, o, err
	}
	if o.Pool, err = parseRows("--pool", c.Pool); err != nil {
		return nil, nil, o, err
	}
	if o.Query, err = parseRows("--query", c.Query); err != nil {
		return nil, nil, o, err
	}
	t, err := table.Read(c.Table, f)
	return t, f, o, err
}

// parseRows reads A-B; nil if there is no text.
func parseRows(flag, text string) (*table.Rows, error) {
	if text == "" {
		return nil, nil
	}
	a, b, ok := strings.Cut(text, "-")
	from, err1 := strconv.Atoi(a)
	to, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || from < 0 || to < from {
		return nil, fmt.Errorf("%s is %q; want first and last row, such as 0-899", flag, text)
	}
	return &table.Rows{From: from, To: to}, nil
}

// show prints results, and then writes them where that is asked for: a file that cannot be written
// takes none of the work with it.
func (c tableFlags) show(s streams, results []table.Result) error {
	if _, err := io.WriteString(s.out, table.Text(results)); err != nil || c.JSON == "" {
		return err
	}
	data, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(c.JSON, append(data, '\n'))
}

// Run evaluates models on devices.
func (c predictLatencyCmd) Run(ctx context.Context, s streams) error {
	t, f, o, err := c.open()
	if err != nil {
		return err
	}
	names := t.Names
	if len(c.Latencies) > 0 {
		names = nil
	}
	for _, file := range c.Latencies {
		l, err := table.Read(file, f)
		if err != nil {
			return err
		}
		names = append(names, l.Names...)
		if t, err = t.Join(l); err != nil {
			return err
		}
	}
	o.Sources, o.Targets, o.Samples, o.Choose, o.Seeds = c.Sources, c.Targets, c.Samples, c.Choose, c.Seeds
	if o.Targets == nil {
		o.Targets = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(c.Sources, n) })
	}
	if o.Sources == nil {
		o.Sources = names
	}
	results, err := table.Latency(ctx, t, f, o)
	if err != nil {
		return err
	}
	return c.show(s, results)
}

// Run evaluates models on a score.
func (c predictAccuracyCmd) Run(ctx context.Context, s streams) error {
	t, f, o, err := c.open()
	if err != nil {
		return err
	}
	if len(t.Names) == 0 {
		return fmt.Errorf("%s: no column of numbers; want one to predict", c.Table)
	}
	for _, m := range c.Models {
		if !slices.Contains(table.Models(), m) {
			return fmt.Errorf("--models: %q is unknown; want some of %s", m, strings.Join(table.Models(), ", "))
		}
	}
	o.Targets, o.Samples, o.Models, o.Seeds = []string{c.Target}, c.Samples, c.Models, c.Seeds
	if c.Target == "" {
		o.Targets = t.Names[:1]
	}
	results, err := table.Accuracy(ctx, t, f, o)
	if err != nil {
		return err
	}
	return c.show(s, results)
}
