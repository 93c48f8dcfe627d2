package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/controller/table"
	"github.com/espalier-nas/espalier/predictor"
)

type compareCmd struct {
	Table       string `required:"" type:"existingfile" placeholder:"FILE" help:"Networks whose figures are known: what tabular writes, or a CSV file with a column genes or ops, also compressed (.gz)."`
	Column      string `placeholder:"NAME" help:"Figure to maximise (default: accuracy or c10_test)."`
	Evaluations int    `default:"200" placeholder:"N" help:"Networks that a search may look at."`
	Seeds       int    `default:"100" placeholder:"N" help:"Searches of each strategy."`
	Batch       int    `default:"5" placeholder:"N" help:"Evaluations between two updates of a strategy."`
	Seed        uint64 `default:"1" placeholder:"N" help:"Seed of the first searches."`
	Strategies  string `default:"all" placeholder:"LIST" help:"Names with commas between, of ${strategies}."`
	Objectives  string `placeholder:"LIST" help:"Trade these against each other, with commas between, of ${objectives}, where reward is the figure, and compare by the hypervolume (default: the figure alone)."`
	plansFlags
	Config string `short:"c" type:"existingfile" placeholder:"FILE" help:"YAML configuration whose search.strategies say what strategies need; nothing else of it counts."`
	JSON   string `name:"json" placeholder:"FILE" help:"Write all figures as JSON."`
	SVG    string `name:"svg" placeholder:"FILE" help:"Write a plot of regret against evaluations."`
}

// Run lets strategies search a table and shows which found good networks soonest.
func (c compareCmd) Run(ctx context.Context, s streams) error {
	names := controller.Strategies()
	if c.Strategies != "all" {
		names = strings.Split(c.Strategies, ",")
		slices.Sort(names)
		names = slices.Compact(names)
	}
	cfg, err := spaceFlags{Config: c.Config}.load()
	if err != nil {
		return err
	}
	f, err := c.family()
	if err != nil {
		return err
	}
	t, err := table.Read(c.Table, c.Column)
	if err != nil {
		return err
	}
	o := table.Options{
		Strategies: names, Evaluations: c.Evaluations, Seeds: c.Seeds, Batch: c.Batch, Seed: c.Seed, Tuning: cfg.Search.Strategies,
	}
	if f != nil {
		if err := t.Within(f.Space()); err != nil {
			return err
		}
		o.Tuning.Features = predictor.FamilyInputs(f).Remembering().Structure
	}
	if c.Objectives != "" {
		o.Objectives = strings.Split(c.Objectives, ",")
	}
	found, err := table.Run(ctx, t, o)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(s.out, found.Text()); err != nil { // first: a file that cannot be written takes none of it along
		return err
	}
	if c.SVG != "" {
		if err := writeFile(c.SVG, found.SVG()); err != nil {
			return err
		}
	}
	if c.JSON == "" {
		return nil
	}
	b, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		return fmt.Errorf("figures as JSON: %w", err)
	}
	return writeFile(c.JSON, append(b, '\n'))
}
