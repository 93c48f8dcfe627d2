package report

import (
	"fmt"
	"slices"
	"strings"
)

// checklist answers what Lindauer and Hutter (2020) ask of papers on neural architecture
// search, as far as a run knows.
func (t *checksText) checklist() {
	t.point("Checklist of Lindauer and Hutter")
	r := t.r
	command := t.c.Command
	if command == "" {
		command = "none: a program that uses the packages, or a run that an earlier version began"
	}
	total := 0.0
	for _, p := range r.Phases {
		total += p.Seconds
	}
	seeds := fmt.Sprint(r.Seed)
	if r.Seeds != nil {
		seeds += fmt.Sprintf(", from which those of %d more repetitions follow", max(r.Seeds.Searches, r.Seeds.Front.N)-1)
	}
	beside := "tuning before this run is"
	if t.c.Accesses.Repeats > 0 {
		beside = "repetitions (repeat-*/report.txt) and tuning before this run are"
	}
	pipeline := "not done: there is one arm (--random)"
	if r.Compare != nil {
		pipeline = "the same for both arms: rungs, numbers of steps, recipe, pictures"
	}
	against, span := "not done (--rival auto)", "from reading pictures to testing, on all workers"
	if len(r.Rivals) > 0 {
		span += ", training rivals included"
		against = fmt.Sprintf("%d, each trained for as long as the search took", len(r.Rivals))
	}
	for _, row := range [][2]string{
		{"code", "espalier " + r.Version},
		{"command", command},
		{"the same again", "espalier search --config DIR/config.yaml --table DIR/latency.json, which hold all that was decided and measured on the way"},
		{"seed", seeds},
		{"search space", fmt.Sprintf("%s (%s), declared in config.yaml", r.Space.Name, r.Space.ID)},
		{"final training", pipeline},
		{"hyper-parameters", "all in config.yaml; none was tuned in this run. What was tried before it, it does not know"},
		{"total time", fmt.Sprintf("%s, %s; %s not in it", seconds(total), span, beside)},
		{"hardware", fmt.Sprintf("%s, %d cores, %s kernels, %d workers, %s %s", r.Machine.Processor, r.Machine.Cores, r.Machine.Kernel, r.Machine.Workers, r.Machine.Go, r.Machine.System)},
		{"plain networks", against},
		{"ablations", "not done (batch norm in point 7; parts of the search: other runs with --config)"},
		{"confounders", strings.Join(t.confounders(), "; ")},
	} {
		t.line("  %-16s  %s", row[0], row[1])
	}
	t.anytime()
}

// confounders are what else may have made the difference.
func (t *checksText) confounders() []string {
	r := t.r
	known := []string{"what else ran on the machine is not known"}
	given := 0
	for _, n := range r.Pareto {
		if n.Origin == "given" {
			given++
		}
	}
	if given > 0 {
		known = append(known, fmt.Sprintf("%d of %d networks handed over were given, not found", given, len(r.Pareto)))
	}
	if d := r.Latency.Drift; d != 0 {
		known = append(known, fmt.Sprintf("networks at the end took %.2f times as long as at the beginning", d))
	}
	if r.Data.Majority > 0 && r.uneven() {
		known = append(known, "classes differ in size")
	}
	return known
}

func (t *checksText) anytime() {
	t.line("  best inherited accuracy within the limits after so many evaluations on the supernet, in their order:")
	var rows [][]string
	for _, p := range t.c.Anytime {
		random := "-"
		if p.Random != nil {
			random = orNone(*p.Random)
		}
		rows = append(rows, []string{fmt.Sprint(p.Evaluations), orNone(p.Search), random})
	}
	t.table([]string{">evaluations", ">search", ">random"}, rows)
}

func (t *checksText) splits() {
	t.point("Splits")
	d, a := t.r.Data, t.c.Accesses
	t.line("  %d training, %d validation, %d test pictures, hash %s; supernet, predictors and choices saw the first two only", d.Train, d.Val, d.Test, t.c.Fingerprint)
	t.line("  the test split was looked at %d times, once for each network: %d handed over, %d rivals, %d of repetitions, %d by hand", a.Total(), a.Handed, a.Rivals, a.Repeats, a.ByHand)
}

// leastEntropy is the share of the largest possible entropy from which on a decision counts
// as made freely.
const leastEntropy = 0.05

func (t *checksText) controller() {
	t.point("Strategy and controller")
	p := t.c.Proposals
	least, settled := 1.0, 0
	sum, made := 0.0, 0
	for _, h := range p.Entropy {
		if h < 0 {
			continue
		}
		least, sum, made = min(least, h), sum+h, made+1
		if h < leastEntropy {
			settled++
		}
	}
	t.line("  %s: %d proposals, %d duplicates, %d infeasible", t.r.Search.Strategy, p.Count, t.r.Search.Duplicates, t.r.Search.Infeasible)
	t.line("  entropy of what was proposed, as a share of the most: mean %.2f over %d decisions, least %.2f; below %.2f in %d of them", sum/float64(max(1, made)), made, least, leastEntropy, settled)
	t.line("  choices that were never proposed: %s", some(p.Unused))
	if t.r.Supernet.Sampler == "enas" {
		t.line("  the condition of the controller while it and the weights took turns is not kept")
	}
	if len(t.c.Controllers) == 0 {
		t.line("  the strategy has no controller that learns probabilities")
		return
	}
	var rows [][]string
	for _, c := range t.c.Controllers {
		sign := "no"
		if c.Sign != "" {
			sign = c.Sign
		}
		h := c.Last
		rows = append(rows, []string{
			c.Search, fmt.Sprint(c.Updates), fmt.Sprintf("%.3f", c.First), fmt.Sprintf("%.3f", h.Entropy), fmt.Sprintf("%.4f", h.AdvantageStd),
			fmt.Sprintf("%.4f", h.Baseline), percent(h.Distinct), sign,
		})
	}
	t.table([]string{"<search", ">updates", ">first entropy", ">last", ">advantage std", ">baseline", ">distinct", "<collapsed"}, rows)
	last := t.c.Controllers[len(t.c.Controllers)-1]
	t.line("  entropy of each decision at the last update of %s:", last.Search)
	var each []string
	for i, h := range last.Last.Decisions {
		if h >= 0 {
			each = append(each, fmt.Sprintf("%s %.2f", p.Decisions[i], h))
		}
	}
	for part := range slices.Chunk(each, 8) {
		t.line("    %s", strings.Join(part, ", "))
	}
}

// some lists names, of many the first ones.
func some(names []string) string {
	const shown = 6
	switch {
	case len(names) == 0:
		return "none"
	case len(names) <= shown:
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}

func (t *checksText) determinism() {
	t.point("Determinism")
	r := t.r
	t.line("  hash of the supernet after %d steps %s, of all trials %s", r.Supernet.Steps, r.Supernet.Hash, r.Trials)
	t.line("  from the same config.yaml and latency.json the same bits follow for any number of workers and after any interruption, with %s kernels;", r.Machine.Kernel)
	t.line("  AVX-512, AVX2 and plain Go each repeat themselves, but round differently (ESPALIER_KERNEL and config.yaml choose)")
	t.line("  timings do not repeat: a run that measures latencies anew may choose other networks")
}
