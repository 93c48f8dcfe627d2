package main

import (
	"fmt"

	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

type spacesCmd struct {
	Name string `arg:"" optional:"" help:"Name or YAML file of the space to describe; none: that of the flags, or all names without any."`
	spaceFlags
}

// Run lists the spaces, or describes one for the pictures.
func (c spacesCmd) Run(s streams) error {
	if c.Name != "" && c.Space != nil {
		return fmt.Errorf("%s and --space %s; want one of them", c.Name, *c.Space)
	}
	if c.Name == "" && c.spaceFlags == (spaceFlags{}) {
		for _, k := range families.Kinds() {
			fmt.Fprintf(s.out, "%-8s %s\n", k.Name, k.Doc)
			for _, p := range k.Presets {
				fmt.Fprintf(s.out, "         --space %s", p.Name)
				if p.Name == families.Presets()[0] {
					fmt.Fprint(s.out, " (default)")
				}
				fmt.Fprintln(s.out)
			}
		}
		return nil
	}
	if c.Name != "" {
		c.Space = &c.Name
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if err := c.ready(&cfg); err != nil {
		return err
	}
	f, err := search.OpenFamily(cfg)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(s.out, space.Describe(f))
	return err
}
