package main

import (
	"bytes"
	"context"
	"io"
	"os"

	"github.com/espalier-nas/espalier/bench"
)

// runLayers compares the layers that the flags select.
func runLayers(ctx context.Context, args []string, w io.Writer) error {
	o, err := parseOptions("layers", args, options{
		arms: layerArms, passes: "forward,backward-data,backward-weights", rounds: 7, ms: 40,
	})
	if err != nil {
		return err
	}
	layers, err := o.selected()
	if err != nil {
		return err
	}
	c := comparison{name: "layers", o: o}
	c.plan = plan{layerJobs(layers, words(o.passes), o.ms), o.rounds, sameResult}
	c.report = func(b *bytes.Buffer, about []byte, all []result) error {
		found := withLayers(all, layers)
		layerReport(b, about, found)
		var ratios bytes.Buffer
		if err := writeRatios(&ratios, found, peersOf(all)); err != nil {
			return err
		}
		return os.WriteFile(c.file("-ratios.csv"), ratios.Bytes(), 0o666)
	}
	return c.run(ctx, w)
}

// sameResult reports whether two arms computed the same.
func sameResult(a, b answer) bool { return a.close(b.digest) }

func layerJobs(layers []bench.Layer, passes []string, ms int) []job {
	var jobs []job
	for _, l := range layers {
		for _, p := range passes {
			jobs = append(jobs, job{l.Name, pass(p), request(l, pass(p), ms)})
		}
	}
	return jobs
}
