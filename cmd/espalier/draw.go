package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/draw"
	"github.com/espalier-nas/espalier/internal/atomicfile"
	"github.com/espalier-nas/espalier/search"
)

type drawCmd struct {
	Arch string `arg:"" name:"arch" help:"Architecture in text form, or min or max; or a network file or ONNX model."`
	spaceFlags
	Out string `placeholder:"FILE" help:"Picture to write: .svg, .dot for Graphviz, or .txt (default: text on the screen)."`
}

// Run shows a network.
func (c drawCmd) Run(s streams) error {
	n, err := c.network()
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err := fmt.Fprint(s.out, draw.Text(n))
		return err
	}
	forms := map[string]func(draw.Network) string{".svg": draw.SVG, ".dot": draw.DOT, ".gv": draw.DOT, ".txt": draw.Text}
	form, known := forms[strings.ToLower(filepath.Ext(c.Out))]
	if !known {
		return fmt.Errorf("--out %s: want a name that ends in .svg, .dot, .gv or .txt", c.Out)
	}
	if err := atomicfile.WriteBytes(c.Out, []byte(form(n))); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s: %s\n", c.Out, n.Title)
	return err
}

// network reads a file or parses an architecture.
func (c drawCmd) network() (draw.Network, error) {
	if info, err := os.Stat(c.Arch); err == nil && info.Mode().IsRegular() {
		if c.spaceFlags != (spaceFlags{}) {
			return draw.Network{}, fmt.Errorf("%s is drawn as it is; want no flag but --out beside a file", c.Arch)
		}
		w, err := loadNetwork(c.Arch)
		if err != nil {
			return draw.Network{}, err
		}
		title := filepath.Base(c.Arch)
		if w.Label().Arch != "" {
			title += ": " + w.Label().Arch
		}
		return draw.Network{Title: title, Plan: w.Plan()}, nil
	}
	cfg, err := c.load()
	if err != nil {
		return draw.Network{}, err
	}
	if err := c.ready(&cfg); err != nil {
		return draw.Network{}, err
	}
	f, err := search.OpenFamily(cfg)
	if err != nil {
		return draw.Network{}, err
	}
	a, err := search.NamedArch(f, c.Arch)
	if err != nil {
		return draw.Network{}, err
	}
	title := fmt.Sprintf("%s: %s", cfg.Space.Declaration.Title(), f.Space().Format(a))
	return draw.Network{Title: title, Plan: f.Plan(a), Space: f.Space(), Arch: a}, nil
}
