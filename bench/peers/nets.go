package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

// runNets compares the networks that the flags select.
func runNets(ctx context.Context, args []string, w io.Writer) error {
	o, err := parseOptions("nets", args, options{arms: netArms, passes: "train,infer", rounds: 5, ms: 300})
	if err != nil {
		return err
	}
	keep, err := o.keeper()
	if err != nil {
		return err
	}
	c := comparison{name: "nets", o: o, plan: plan{rounds: o.rounds, agree: sameWork}}
	for _, n := range networks() {
		if keep(n.String()) && slices.Contains(words(o.passes), string(n.pass)) {
			c.plan.jobs = append(c.plan.jobs, job{n.String(), n.pass, n.request(o.ms)})
		}
	}
	if len(c.plan.jobs) == 0 {
		return errors.New("-only and -passes leave no network")
	}
	c.report = func(b *bytes.Buffer, about []byte, all []result) error {
		netsReport(b, about, all)
		return nil
	}
	return c.run(ctx, w)
}

// sameWork reports whether two arms ran networks of the same size. An arm that
// reads models from files does not say; it compares its results with those that
// come with the model instead.
func sameWork(a, b answer) bool { return a.digest == b.digest || a.norm == 0 || b.norm == 0 }

const netsNote = `
Ratios are the fastest peer's time over ours, paired by round: above 1, ours is faster. The time of a sandwich is that of
one step: the largest, the smallest and two random subnets.
`

// netsReport writes the tables of networks as Markdown.
func netsReport(b *bytes.Buffer, about []byte, all []result) {
	peers := peersOf(all)
	fmt.Fprintf(b, "# Networks beside peers\n\n%s%s", about, netsNote)
	netTable(b, "Training, images per second", all, train, peers, func(n network, seconds float64) string {
		return fmt.Sprintf("%.0f", float64(n.batch*n.steps())/seconds)
	})
	netTable(b, "Inference, microseconds per batch", all, infer, peers, func(_ network, seconds float64) string {
		return fmt.Sprintf("%.0f", seconds*1e6)
	})
	gainTable(b, all)
}

// netTable writes the results of one pass; show formats the seconds of a call.
func netTable(b *bytes.Buffer, title string, all []result, p pass, peers []string, show func(n network, seconds float64) string) {
	var rows [][]string
	for _, n := range networks() {
		for _, r := range all {
			if r.name != n.String() || r.pass != p || n.pass != p {
				continue
			}
			row := []string{r.name, fmt.Sprint(r.threads), show(n, r.seconds[ours])}
			for _, peer := range peers {
				cell := ""
				if s, ok := r.seconds[peer]; ok {
					cell = show(n, s)
				}
				row = append(row, cell)
			}
			must, aim := n.goal()
			ratio := ""
			if r.best != "" {
				ratio = evaluated(r.ratio(), must)
			}
			rows = append(rows, append(row, ratio, orNone(must), orNone(aim)))
		}
	}
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n", title)
	tableHead(b, slices.Concat([]string{"network", "threads", ours}, peers, []string{"ratio", "must", "aim"}))
	for _, row := range rows {
		tableRow(b, row)
	}
}

// goal returns what the ratio must be and aims to be, 0 for nothing.
func (n network) goal() (must, aim float64) {
	switch {
	case n.pass == train && n.net == "conv6":
		return 1.6, 2.2
	case n.pass == train && n.net == "ofa32-sandwich":
		return 3, 4.5
	case n.pass == infer && n.batch == 1:
		return 1.25, 1.67 // of the peer's time 0.8 and 0.6
	}
	return 0, 0
}
