package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/run"
	"github.com/espalier-nas/espalier/supernet/space"
)

// trainedFlags name a run whose weights are used.
type trainedFlags struct {
	Folder  string  `name:"run" required:"" type:"existingdir" placeholder:"DIR" help:"Run folder with a trained supernet."`
	Workers *int    `placeholder:"N" help:"Goroutines that compute (default: as in the run)."`
	Kernel  *string `placeholder:"NAME" help:"Instruction set: avx512, avx2 or go (default: as in the run)."`
}

// open opens the run; messages go to the screen.
func (f trainedFlags) open(sf screenFlags, s streams) (*run.Run, error) {
	sf.Quiet = true // what is opened was told when it was trained
	screen, _, err := sf.open(s.err, nil)
	if err != nil {
		return nil, err
	}
	return run.OpenTrained(f.Folder, run.Machine{Workers: f.Workers, Kernel: f.Kernel}, screen)
}

type evalCmd struct {
	trainedFlags
	screenFlags
	Arch []string `sep:"none" placeholder:"TEXT" help:"Architecture in text form, or min, max or random; may be repeated."`
	File string   `type:"existingfile" placeholder:"FILE" help:"File with an architecture in text form on each line."`
	Test bool     `help:"Judge on the test split instead of the validation split. The run folder's tests.jsonl and every later report tell of it."`
	JSON bool     `name:"json" help:"Print JSON lines."`
}

// Run judges architectures.
func (c evalCmd) Run(ctx context.Context, s streams) error {
	texts := c.Arch
	if c.File != "" {
		more, err := readLines(c.File)
		if err != nil {
			return err
		}
		texts = append(texts, more...)
	}
	if len(texts) == 0 {
		return errors.New("no architecture to judge; want --arch or --file")
	}
	r, err := c.trainedFlags.open(c.screenFlags, s)
	if err != nil {
		return err
	}
	archs := make([]space.Arch, len(texts))
	for i, t := range texts {
		if archs[i], err = r.Arch(t); err != nil {
			return errors.Join(err, r.Close())
		}
	}
	judged, err := r.Judge(ctx, archs, c.Test)
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}
	return printJudged(s, judged, c.JSON)
}

func printJudged(s streams, judged []run.Judged, asJSON bool) error {
	for _, j := range judged {
		if asJSON {
			if err := json.NewEncoder(s.out).Encode(j); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(s.out, "accuracy %.4f  loss %.4f  %.2f MFLOPs  %d parameters  %s\n", j.Accuracy, j.Loss, float64(j.FLOPs)/1e6, j.Params, j.Arch); err != nil {
			return err
		}
	}
	return nil
}

// readLines returns the lines of a text file that are not empty.
func readLines(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []string
	for in := bufio.NewScanner(f); ; {
		if !in.Scan() {
			if err := in.Err(); err != nil {
				return nil, fmt.Errorf("%s, line %d: %w", path, len(lines)+1, err)
			}
			return lines, nil
		}
		if t := strings.TrimSpace(in.Text()); t != "" {
			lines = append(lines, t)
		}
	}
}
