package report

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
)

// sum returns a summary that can be told from others.
func sum(n int, mean float64) controller.Summary {
	return controller.Summary{N: n, Mean: mean, Std: mean / 5, Low: mean - 0.01, High: mean + 0.01}
}

func fixedChecks() *Checks {
	at := func(v float64) predictor.Estimate { return predictor.Estimate{Value: v, Lo: v - 0.1, Hi: v + 0.1} }
	rank := func(n int, tau float64) *predictor.Ranking {
		return &predictor.Ranking{N: n, Tau: at(tau), Sparse: at(tau + 0.05), Step: 0.0125}
	}
	errors := predictor.Report{N: 30, Kendall: 0.41, KendallLo: 0.3, KendallHi: 0.5, Spearman: 0.6, MAPE: 0.08, RMSE: 0.03, Within5: 0.4, Within10: 0.7, Cover90: 0.8}
	random := 0.51
	health := controller.Health{Step: 9, Entropy: 0.04, AdvantageStd: 0.0123, Baseline: 0.456, Distinct: 0.75}
	c := &Checks{
		Command: "espalier search --budget 5m",
		Fidelity: &Fidelity{Steps: 120, Pictures: 700, Agreement: predictor.Agreement{
			N: 12, Kendall: at(0.5), Spearman: at(0.6), Top: at(0.1), Strata: at(0.4), Partial: at(0.3), Precision: at(0.66), Regret: at(0.02),
		}, Ranking: *rank(12, 0.5)},
		Outlook:   &Outlook{Rungs: 8, Networks: 4, Off: 0.028, Common: 0.079, Same: 0.38},
		Scores:    &Scores{Pictures: 32, Rows: []Score{{"supernet, loss", nil, rank(12, 0.5)}, {"FLOPs", rank(96, 0.2), rank(12, 0.3)}, {"depth", rank(96, 0.1), nil}}},
		Predicted: &Predicted{Picks: &errors, Calibrated: &errors, Coverage: []Coverage{{0.9, 0.88, 0.71, 0.86}}, Curve: []predictor.CurvePoint{{Learnt: 24, Report: errors}}},
		Timing:    &Timing{Governor: "powersave", Workers: 2, Times: [][]float64{{1, 2, 3}, {4, 5, 6}}, Spread: sum(2, 0.031)},
		Norms:     &Norms{Calibration: 500, Pictures: 700, Pooled: 16, Own: sum(8, 0.7), Inherited: sum(8, 0.5), Batch: sum(8, 0.69), OverPooled: sum(8, 0.2), OverBatch: sum(8, 0.01)},
		Random: &Random{Pictures: 700, Accuracy: sum(60, 0.6), Noise: 0.018, Bins: []Bin{{0.4, 0.5, 3}, {0.5, 0.6, 30}, {0.6, 0.7, 0}}, Effects: []Effect{
			{"layer1/op", []Choice{{"conv3x3", sum(30, 0.61)}, {"identity", sum(28, 0.59)}, {"sep3x3", sum(1, 0.99)}}},
			{"layer1/width", []Choice{{"16", sum(20, 0.5)}, {"32", sum(40, 0.7)}}},
			{"layer2/op", []Choice{{"conv3x3", sum(60, 0.6)}}},
			{"layer2/width", nil},
		}},
		Anytime:     []Anytime{{1, 0.4, nil}, {2, 0.5, &random}},
		Fingerprint: "00ff00ff00ff00ff", Accesses: Accesses{Handed: 4, Rivals: 2, Repeats: 3, ByHand: 1},
		Proposals: Proposals{Count: 2000, Decisions: []string{"layer1/op", "layer1/width"}, Entropy: []float64{0.8, 0.02}},
	}
	for i := range 9 {
		c.Proposals.Unused = append(c.Proposals.Unused, fmt.Sprintf("layer%d/op conv5x5", i+1))
	}
	health.Decisions = []float64{0.03, -1}
	c.Controllers = []Condition{{"search 1.1", 9, 0.97, health, "decisions are nearly certain"}}
	return c
}

func TestChecksAreAsPeopleReadThem(t *testing.T) {
	const golden = "testdata/checks.txt"
	r := fixed()
	r.Checks = fixedChecks()
	r.Accuracy.Versus = []predictor.Difference{{Model: "fm", Against: "flops", N: 96, Tau: 0.01, TauLo: -0.1, TauHi: 0.12}}
	got := ChecksText(r)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("differs from %s (-want +got):\n%s", golden, d)
	}
	if !strings.Contains(Text(r), "checks.txt") {
		t.Error("the report does not name the file")
	}
}

// Where another runtime counts, the checks say what of it was predicted how well, and that only
// own kernels were timed again.
func TestChecksTellARuntimeFromOwnKernels(t *testing.T) {
	r := fixed()
	r.Checks = fixedChecks()
	r.Latency.Drift = 0
	left, energy := r.Latency.HeldOut, r.Latency.HeldOut
	left.MAPE, energy.MAPE = 0.123, 0.456
	r.Latency.Probe = &Probe{Runtime: "abacus", LeftOut: left, Energy: &energy}
	got := ChecksText(r)
	for _, row := range [][2]string{{"latency on the probe, random", "12.3 %"}, {"energy, random", "45.6 %"}, {"latency, random, own kernels", "2.1 %"}} {
		if !slices.ContainsFunc(strings.Split(got, "\n"), func(l string) bool {
			return strings.HasPrefix(strings.TrimSpace(l), row[0]+" ") && strings.Contains(l, row[1])
		}) {
			t.Errorf("no row %q with %s in\n%s", row[0], row[1], got)
		}
	}
	for _, want := range []string{"timed 3 times on own kernels", "at the beginning: not measured"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

// Each of the twelve points is there whatever was done, and names what would do the rest.
func TestWhatWasNotDoneIsTold(t *testing.T) {
	r := fixed()
	r.Random, r.Compare, r.Rivals, r.Seeds = nil, nil, nil, nil
	if got := ChecksText(r); got != "" {
		t.Errorf("a report of an earlier version has checks:\n%s", got)
	}
	r.Checks = &Checks{}
	points := strings.Split(ChecksText(r), "\n\n")[1:]
	if len(points) != 12 {
		t.Fatalf("%d points; want 12", len(points))
	}
	for number, flag := range map[int]string{1: "--random", 2: "--seeds", 3: "espalier fidelity", 5: "search.score: predictor", 6: "--table", 7: "espalier fidelity", 8: "--random", 9: "--rival"} {
		if p := points[number-1]; !strings.HasPrefix(p, fmt.Sprintf("%d. ", number)) || !strings.Contains(p, "not done") || !strings.Contains(p, flag) {
			t.Errorf("point %d does not say that it was not done and that %s would do it:\n%s", number, flag, p)
		}
	}
}

// Where predictions have no intervals, or there are none, it is not said that no truth lies within them.
func TestIntervalsThatAreNone(t *testing.T) {
	r := fixed()
	r.Checks = fixedChecks()
	found := r.Latency.HeldOut
	r.Latency.Found = &found
	r.Checks.Predicted.Picks, r.Checks.Predicted.Calibrated, r.Checks.Predicted.Coverage[0].Picks, r.Checks.Predicted.Coverage[0].Calibrated = nil, nil, 0, 0
	for text, want := range map[string]string{Text(r): "latency, candidates .* -", ChecksText(r): "90 % 88 % - -"} {
		match := regexp.MustCompile("^" + want + "$")
		if !slices.ContainsFunc(strings.Split(text, "\n"), func(l string) bool { return match.MatchString(strings.Join(strings.Fields(l), " ")) }) {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
}

// Repetitions that have nothing to be compared with are told, and are not in the time of the search.
func TestRepetitionsWithoutComparisonAreTold(t *testing.T) {
	r := fixed()
	r.Seeds, r.Checks = nil, &Checks{}
	if got := ChecksText(r); !strings.Contains(got, "not done: search and finishing again") || strings.Contains(got, "repeat-") {
		t.Errorf("a single search:\n%s", got)
	}
	r.Checks.Accesses.Repeats = 3
	if got := ChecksText(r); strings.Contains(got, "not done: search and finishing again") || strings.Count(got, "repeat-*/report.txt") != 2 {
		t.Errorf("repetitions:\n%s", got)
	}
}

// Rivals and repetitions look at the test split too.
func TestAllLooksAtTheTestSplitAreTold(t *testing.T) {
	r := fixed()
	r.Checks = fixedChecks() // 4 handed over, 2 rivals, 3 of repetitions
	if got, want := Text(r), "touched once by each of 9 networks"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
}
