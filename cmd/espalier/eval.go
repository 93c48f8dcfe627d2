package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/supernet/space"
)

// trainedFlags name a run whose weights are used.
type trainedFlags struct {
	Folder  string  `name:"run" type:"existingdir" placeholder:"DIR" help:"Run folder."`
	Workers *int    `placeholder:"N" help:"Goroutines that compute (default: as in the run)."`
	Kernel  *string `placeholder:"NAME" help:"Kernels: ${kernels} (default: as in the run)."`
}

// opener opens a run folder whose weights are used: search.OpenTrained or OpenNetworks.
type opener func(path string, m search.Machine, monitor search.Monitor) (*search.Run, error)

// open opens the run; messages go to the screen.
func (f trainedFlags) open(by opener, sf screenFlags, s streams) (*search.Run, error) {
	if f.Folder == "" {
		return nil, errors.New("no run folder; want --run DIR")
	}
	sf.Quiet = true // what is opened was told when it was trained
	screen, _, err := sf.open(s.err, nil)
	if err != nil {
		return nil, err
	}
	return by(f.Folder, search.Machine{Workers: f.Workers, Kernel: f.Kernel}, screen)
}

type evalCmd struct {
	trainedFlags
	screenFlags
	Model        string   `arg:"" optional:"" name:"network-file" type:"existingfile" help:"Network file or ONNX model, to be evaluated on the pictures of --data instead of a run's."`
	Data         string   `type:"path" placeholder:"DIR" help:"Pictures to evaluate the network file on: their test part, or their validation part if they have none, or all."`
	Labels       string   `placeholder:"KIND" help:"With --data, which labels of CIFAR-100: ${labels} (default: ${default_labels})."`
	LabelPattern string   `placeholder:"PATTERN" help:"With --data, take the class from the names of pictures, as in train."`
	SkipBad      bool     `help:"With --data, leave out pictures in folders that cannot be read."`
	Arch         []string `sep:"none" placeholder:"TEXT" help:"Architecture in text form, or min, max or random; may be repeated."`
	File         string   `type:"existingfile" placeholder:"FILE" help:"File with an architecture in text form on each line."`
	Network      []string `sep:"none" placeholder:"NAME" help:"Network of the run folder with its own weights, such as pareto-1, or alone after train --arch; may be repeated."`
	Test         bool     `help:"Evaluate on the test split instead of the validation split. The run folder's tests.jsonl and every later report tell of it."`
	JSON         bool     `name:"json" help:"Print JSON lines, each with what classes are confused."`
}

// Run evaluates architectures.
func (c evalCmd) Run(ctx context.Context, s streams) error {
	if c.Model != "" {
		return c.evaluateFile(ctx, s)
	}
	if c.Data != "" || c.Labels != "" || c.LabelPattern != "" || c.SkipBad {
		return errors.New("--data, --labels, --label-pattern and --skip-bad are of what a network file is evaluated on, and there is none; architectures are evaluated on the run's own pictures")
	}
	texts, err := c.texts()
	if err != nil {
		return err
	}
	open := search.OpenTrained
	switch {
	case len(texts) == 0 && len(c.Network) == 0:
		return errors.New("nothing to evaluate; want --arch, --file or --network")
	case len(texts) == 0:
		open = search.OpenNetworks
	}
	r, err := c.trainedFlags.open(open, c.screenFlags, s)
	if err != nil {
		return err
	}
	evaluated, err := c.evaluate(ctx, r, texts)
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}
	if err := printEvaluated(s, evaluated, c.JSON); err != nil || c.JSON || len(evaluated) != 1 {
		return err
	}
	_, err = io.WriteString(s.out, "\n"+confusionText(&evaluated[0].ByClass, r.Classes()))
	return err
}

// archText is an architecture in text form, and where it stands.
type archText struct{ text, at string }

// texts returns the architectures that are named by flags, then those in the file.
func (c evalCmd) texts() ([]archText, error) {
	var all []archText
	for _, text := range c.Arch {
		all = append(all, archText{text, "--arch"})
	}
	if c.File == "" {
		return all, nil
	}
	more, err := readArchs(c.File)
	return append(all, more...), err
}

// evaluate scores architectures with shared weights, then networks with their own.
func (c evalCmd) evaluate(ctx context.Context, r *search.Run, texts []archText) (evaluated []search.Evaluated, err error) {
	archs := make([]space.Arch, len(texts))
	for i, t := range texts {
		if archs[i], err = r.Arch(t.text); err != nil {
			return nil, fmt.Errorf("%s: %w", t.at, err)
		}
	}
	if len(archs) > 0 {
		if evaluated, err = r.EvaluateByClass(ctx, archs, c.Test); err != nil {
			return nil, err
		}
	}
	for _, name := range c.Network {
		j, err := r.EvaluateNetwork(ctx, name, c.Test)
		if err != nil {
			return nil, err
		}
		evaluated = append(evaluated, j)
	}
	return evaluated, nil
}

func printEvaluated(s streams, evaluated []search.Evaluated, asJSON bool) error {
	for _, j := range evaluated {
		if asJSON {
			if err := json.NewEncoder(s.out).Encode(j); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(s.out, "accuracy %.4f  loss %.4f  balanced %.4f (most frequent class: %.4f)  %.2f MFLOPs  %d parameters  %s\n", j.Accuracy, j.Loss, j.Balanced, j.Majority, float64(j.FLOPs)/1e6, j.Params, j.Arch); err != nil {
			return err
		}
	}
	return nil
}

// readArchs returns the lines of a text file that are not empty.
func readArchs(path string) ([]archText, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []archText
	in := bufio.NewScanner(f)
	n := 0
	for in.Scan() {
		n++
		if t := strings.TrimSpace(in.Text()); t != "" {
			lines = append(lines, archText{t, fmt.Sprintf("%s, line %d", path, n)})
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("%s, line %d: %w", path, n+1, err)
	}
	return lines, nil
}
