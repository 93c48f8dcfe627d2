package report

import (
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/predictor"
)

// column is one column of the table of networks.
type column struct {
	title string // see text.table
	cell  func(Network) string
}

// columns returns those that tell something of this search: balanced accuracy where classes
// differ in size, energy where something tells it, memory and size of the file where they are limited,
// other devices.
func (r Report) columns() []column {
	all := []column{{"<network", func(n Network) string { return n.Name }}, {">latency", latency}}
	if slices.ContainsFunc(r.Pareto, func(n Network) bool { return n.Energy > 0 }) {
		all = append(all, column{">energy", energy})
	}
	for i, e := range r.Latency.Elsewhere {
		all = append(all, column{">on " + e.Name, func(n Network) string { return "~" + millis(n.Elsewhere[i]) }})
	}
	all = append(all, column{">test accuracy", tested})
	if r.uneven() {
		all = append(all, column{">balanced", func(n Network) string { return balanced(n.ByClass) }})
	}
	all = append(all, column{">validation", func(n Network) string { return fmt.Sprintf("%.4f", n.Validation) }})
	if r.losses() {
		all = append(all, column{">loss", func(n Network) string { return fmt.Sprintf("%.4f", n.ValidationLoss) }})
	}
	all = append(all,
		column{">inherited", func(n Network) string { return fmt.Sprintf("%.4f", n.Inherited) }},
		column{">trained for", func(n Network) string { return seconds(n.Seconds) }},
		column{">MFLOPs", func(n Network) string { return fmt.Sprintf("%.2f", float64(n.FLOPs)/1e6) }},
		column{">params", func(n Network) string { return fmt.Sprint(n.Params) }})
	if r.Limits.Memory > 0 {
		all = append(all, column{">memory", func(n Network) string { return kilobytes(n.Memory) }})
	}
	if r.Limits.Size > 0 {
		all = append(all, column{">file", func(n Network) string { return kilobytes(n.FileBytes) }})
	}
	return slices.Clip(append(all, column{"<found by", foundBy}))
}

// losses reports whether the report has losses on validation.
func (r Report) losses() bool {
	return slices.ContainsFunc(r.Pareto, func(n Network) bool { return n.ValidationLoss > 0 })
}

func kilobytes(n int64) string { return fmt.Sprintf("%.1f kB", float64(n)/1e3) }

// elsewhere tells how the latencies on other devices are known.
func (t *text) elsewhere(r Report) {
	for _, e := range r.Latency.Elsewhere {
		estimated := ""
		if e.Estimated > 0 {
			estimated = fmt.Sprintf(", %d layers estimated", e.Estimated)
		}
		t.line("  on %s, %s: at most %s as predicted, not measured; on %d networks measured there and held out predictions are off by %s on average%s",
			e.Name, e.Device, millis(e.Limit), e.HeldOut.N, predictor.Percent(e.HeldOut.MAPE), estimated)
	}
}
