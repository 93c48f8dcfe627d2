package report

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet"
)

var update = flag.Bool("update", false, "rewrite the files of testdata")

func share(v float64) *float64 { return &v }

func fixed() Report {
	errors := predictor.Report{N: 96, Kendall: 0.61, KendallLo: 0.5, KendallHi: 0.7, Spearman: 0.79, MAPE: 0.021, RMSE: 0.0123, Within5: 0.93, Within10: 1}
	small := Network{
		Name: "pareto-1", Arch: "sep3x3:16 identity", FLOPs: 1_234_567, Params: 4321, Predicted: share(0.85), Inherited: 0.6512, Validation: 0.8512, Test: share(0.845),
		TestError: 0.058, Arm: "search", Origin: "search", Steps: 700, Seconds: 12.3, Latency: 0.1e-3, Measured: &bench.Sample{Median: 0.11e-3}, File: "networks/pareto-1.msgpack",
	}
	large := Network{
		Name: "pareto-2", Arch: "conv5x5:64 conv3x3:32+0", FLOPs: 98_765_432, Params: 210_000, Predicted: share(0.915), Inherited: 0.8999, Validation: 0.9123, Test: share(0.9087),
		TestError: 0.046, Arm: "search", Origin: "given", Steps: 900, Seconds: 61.5, Latency: 1.3e-3, File: "networks/pareto-2.msgpack",
	}
	return Report{
		Schema: Schema, Version: "v1.2.3", Seed: 7,
		Machine:  Machine{Processor: "Abacus 9", Cores: 2, Kernel: "avx2", Workers: 2, Go: "go1.26", System: "linux/amd64"},
		Data:     Data{Name: "shoes", Format: "folder", Train: 700, Val: 150, Test: 150, H: 28, W: 28, C: 1, Classes: 10},
		Space:    Space{Name: "chain", ID: "0123456789abcdef", Size: "17414258688", Decisions: 27},
		Supernet: Supernet{Params: 801850, Sampler: "sandwich", Steps: 1000, Batch: 64, Epochs: 91.4, Loss: 0.5, Accuracy: 0.9, Hash: "fedcba9876543210"},
		Accuracy: Accuracy{
			Model: "fm", Target: "loss", Samples: 96, Models: []predictor.Standing{{Model: "fm", Report: errors}, {Model: "flops", Report: predictor.Report{N: 96, Kendall: -0.1}}}, Found: &errors,
			Prior: &Prior{Run: "earlier", Trials: 192, Gain: predictor.Difference{Model: "fm with prior", Against: "fm", N: 96, Tau: -0.01, TauLo: -0.1, TauHi: 0.08}},
		},
		Latency: Latency{Device: "Abacus 9, batch 1", Batch: 1, Layers: 257, Networks: 64, Drift: 1.05, HeldOut: errors},
		Search:  Arm{Strategy: "evolution", Score: "predictor", Proposals: 2000, Evaluations: 112, Infeasible: 12, Duplicates: 3, Limits: "latency 2 ms", Best: large},
		Random:  &Arm{Strategy: "random", Score: "supernet", Proposals: 112, Evaluations: 112, Limits: "latency 2 ms", Best: small},
		Compare: &Compare{Margin: 0.0611, Best: 6, Front: 0.045, Common: share(-0.0123), Levels: []Level{{0.1e-3, 0.85, 0}, {1.4e-3, 0.91, 0.85}}, Stats: controller.Comparison{
			Searches: 6, Randoms: 6, SearchMean: 0.9, SearchStd: 0.01, RandomMean: 0.8, RandomStd: 0.05, Better: 0.97, Relative: 0.125, Difference: 0.1, Low: 0.08, High: 0.12,
		}},
		Pareto: []Network{small, large},
		Floor:  Floor{Accuracy: 0.5062, LeftOut: 3}, Reach: 0.00012,
		Prefix: Prefix{Computed: 3e12, Saved: 1e12},
		Test:   Test{Images: 150, Networks: 4},
		Phases: []Phase{{"train", 123.45}, {"search", 6.7}}, Warnings: []string{"something to know"},
	}
}

func TestTextIsAsPeopleReadIt(t *testing.T) {
	const golden = "testdata/report.txt"
	got := Text(fixed())
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
}

func TestTextWithoutRandomArmSaysSo(t *testing.T) {
	r := fixed()
	r.Random, r.Compare, r.Warnings, r.Floor.LeftOut, r.Reach = nil, nil, nil, 0, 0
	got := Text(r)
	if !strings.Contains(got, "no random search was run") {
		t.Errorf("a search without a random arm does not say so:\n%s", got)
	}
	for _, absent := range []string{"Warnings", "left out", "not looked at"} {
		if strings.Contains(got, absent) {
			t.Errorf("%s is there without reason", absent)
		}
	}
}

// What is limited, and each other device, has a column; nothing else has.
// A random arm that ran out of networks is not said to have had as many evaluations.
func TestFewerRandomEvaluationsAreTold(t *testing.T) {
	r := fixed()
	if got := Text(r); !strings.Contains(got, "as many evaluations") {
		t.Errorf("equal evaluations are not told:\n%s", got)
	}
	r.Random.Evaluations = 40
	if got := Text(r); !strings.Contains(got, "112 and 40 evaluations") || strings.Contains(got, "as many evaluations") {
		t.Errorf("40 evaluations beside 112 are not told:\n%s", got)
	}
}

func TestLimitsHaveColumns(t *testing.T) {
	r := fixed()
	head := func() string {
		_, rest, _ := strings.Cut(Text(r), "per image\n")
		line, _, _ := strings.Cut(rest, "\n")
		return strings.Join(strings.Fields(line), " ")
	}
	if got, want := head(), "network latency test accuracy validation inherited trained for MFLOPs params found by"; got != want {
		t.Errorf("columns are %q; want %q", got, want)
	}
	r.Limits = Limits{Memory: 40000, Size: 1e6}
	r.Latency.Elsewhere = []Elsewhere{
		{Name: "phone", Device: "a phone", Limit: 0.005, Networks: 40, HeldOut: predictor.Report{N: 10, MAPE: 0.034}},
		{Name: "watch", Device: "a watch", Limit: 0.05, Estimated: 3, HeldOut: predictor.Report{N: 9, MAPE: 0.5}},
	}
	for i := range r.Pareto {
		r.Pareto[i].Memory, r.Pareto[i].FileBytes, r.Pareto[i].Elsewhere = 38400, 123456, []float64{0.0042, 0.031}
	}
	if got, want := head(), "network latency on phone on watch test accuracy validation inherited trained for MFLOPs params memory file found by"; got != want {
		t.Errorf("columns are %q; want %q", got, want)
	}
	for _, want := range []string{
		"~4.200 ms", "~31.000 ms", "38.4 kB", "123.5 kB", "on phone, a phone: at most 5.000 ms as predicted", "on 10 networks measured there and held out predictions are off by 3.4 % on average\n",
		"by 50.0 % on average, 3 layers estimated", "latency on watch",
	} {
		if !strings.Contains(Text(r), want) {
			t.Errorf("%q is missing in\n%s", want, Text(r))
		}
	}
}

func TestTestsByHandAreTold(t *testing.T) {
	r := fixed()
	if text := Text(r); strings.Contains(text, "before that") {
		t.Errorf("the report tells of tests by hand that were none:\n%s", text)
	}
	for how, want := range map[string]string{"": "before that 7 networks were evaluated by eval\n", "on the moon": "before that 7 networks were evaluated on the moon\n"} {
		r.Test.ByHand, r.Test.How = 7, how
		if text := Text(r); !strings.Contains(text, want) {
			t.Errorf("the report does not tell of 7 tests by hand %q:\n%s", how, text)
		}
	}
}

// The first page says what repetitions say together, not what the first one says.
func TestVerdictIsOfAllRepetitions(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0.01, 0.03, "the search is better than chance"},
		{-0.01, 0.03, "the search is not shown to be better than chance"},
		{-0.03, -0.01, "the search is worse than chance"},
	} {
		r := fixed() // whose only comparison is in favour of the search
		front := controller.Summary{N: 5, Mean: (c.low + c.high) / 2, Low: c.low, High: c.high}
		r.Seeds = &Seeds{Front: front, Common: controller.Summary{N: 4, Mean: -0.0321, Low: -0.0432, High: -0.0123}, Margin: controller.Summary{N: 5, Mean: 0.5, Low: 0.4, High: 0.6}}
		page, rest, _ := strings.Cut(Text(r), "Search against random search, over seeds")
		if !strings.Contains(page, "over 5 repetitions "+c.want) || strings.Count(page, "chance") != 1 {
			t.Errorf("an interval from %v to %v: the first page does not say that %s:\n%s", c.low, c.high, c.want, page)
		}
		if !strings.Contains(page, "-0.0321 where both have a network [-0.0432, -0.0123]") {
			t.Errorf("the first page does not say how the arms compare where both have a network:\n%s", page)
		}
		if !strings.Contains(rest, "at equal latency "+c.want) {
			t.Errorf("an interval from %v to %v: the table does not say that %s:\n%s", c.low, c.high, c.want, rest)
		}
	}
}

func TestEstimatedLayersAreTold(t *testing.T) {
	r := fixed()
	if got := Text(r); strings.Contains(got, "estimated") {
		t.Errorf("layers are estimated where none is:\n%s", got)
	}
	r.Latency.Estimated = 9
	if got := Text(r); !strings.Contains(got, "257 layers and 64 networks measured, 9 layers estimated from similar ones\n") {
		t.Errorf("9 layers that are estimated are not told:\n%s", got)
	}
}

// How far predictions of latency are relied on is told where it is known.
func TestRelianceIsTold(t *testing.T) {
	r := fixed()
	if text := Text(r); strings.Contains(text, "relied on") {
		t.Errorf("reliance of nothing is told:\n%s", text)
	}
	r.Latency.Reliance = predictor.Reliance{Relied: 12, ReliedWithin: 11, Doubted: 7, DoubtedWithin: 5}
	r.Latency.Contenders = &Contenders{Doubted: 20, Taken: 9, Relied: 19}
	text := Text(r)
	for _, want := range []string{
		"of 19 predictions of latency of networks that its model had not seen, 12 would be relied on, 11 of which are within 10 %; of the 7 doubtful ones 5 are\n",
		"of 48 networks that candidates were chosen from and that it has not learnt from, 20 were measured because their predicted latency was doubtful, 9 because they were chosen; 19 predictions were relied on\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
	r.Latency.Contenders = &Contenders{Relied: 19, Absent: 3}
	if text, want := Text(r), "of 22 networks that candidates were chosen from and that it has not learnt from, 0 were measured because their predicted latency was doubtful, 0 because they were chosen; 19 predictions were relied on, and 3 doubtful ones, which cannot be measured here\n"; !strings.Contains(text, want) {
		t.Errorf("the report lacks %q:\n%s", want, text)
	}
}

// One network of each arm shows nothing, whichever is better, and has no interval; nor has what
// one repetition of several tells.
func TestOneFigureHasNoInterval(t *testing.T) {
	r := fixed()
	r.Checks = fixedChecks()
	r.Compare.Best, r.Compare.Front = 1, 0.02
	r.Compare.Stats = controller.Comparison{Searches: 1, Randoms: 1, SearchMean: 0.9, RandomMean: 0.88, Better: 1, Difference: 0.02, Low: 0.02, High: 0.02}
	got := Text(r)
	if !strings.Contains(got, "is not shown to be better than chance") || strings.Contains(got+ChecksText(r), "[+0.0200, +0.0200]") {
		t.Errorf("one network of each arm is taken to show something:\n%s", got)
	}
	one := controller.Summary{N: 1, Mean: 0.0321, Low: 0.0321, High: 0.0321}
	r.Seeds = &Seeds{Front: controller.Summary{N: 2, Mean: 0.01, Low: -0.1, High: 0.12}, Common: one, Levels: []controller.Summary{one}}
	got = Text(r)
	if !strings.Contains(got, "+0.0321 where both have a network in 1 of them") || strings.Contains(got, "[+0.0321, +0.0321]") {
		t.Errorf("one repetition has an interval:\n%s", got)
	}
	r.Checks.Norms.Own = one
	if got := ChecksText(r); !strings.Contains(got, "0.0321 of 1") || strings.Contains(got, "[0.0321, 0.0321]") {
		t.Errorf("a mean of one figure has an interval:\n%s", got)
	}
}

// words returns a text without the breadth of its columns.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// Each rival stands beside the network that it is set against, the difference is the search's less
// the rival's; its interval is that on the same pictures, in folders of earlier versions that of two independent accuracies.
func TestRivalsAreSetAgainstTheirNetworks(t *testing.T) {
	r := fixed()
	r.Rivals = []Rival{
		{Name: "rival-1-1", Network: "auto", Factor: 0.5, Against: "pareto-1", Latency: 0.1e-3, Seconds: 60.5, Validation: 0.7, Test: 0.8, TestError: 0.06},
		{Name: "rival-1-2", Network: "auto", Factor: 2, Against: "pareto-2", Latency: 1.2e-3, Seconds: 59, Validation: 0.6, Test: 0.9587, TestError: 0.03},
		{Name: "rival-2-1", Network: "plain", Factor: 0.1, Against: "pareto-1", Latency: 0.12e-3, Seconds: 61, Validation: 0.5, Test: 0.83, TestError: 0.05, PairedError: 0.0123},
	}
	got := words(Text(r))
	for _, want := range []string{
		"pareto-1 0.110 ms 0.8450 auto x0.5 0.100 ms 0.8000 60.5 s +0.0450 ±0.0835 ",
		"pareto-2 ~1.300 ms 0.9087 auto x2 1.200 ms 0.9587 59.0 s -0.0500 ±0.0549 ",
		"pareto-1 0.110 ms 0.8450 plain x0.1 0.120 ms (no faster one) 0.8300 61.0 s +0.0150 ±0.0123 ",
		"the search won 2 of 3, by +0.0033 on average",
		"2 of the rivals are of an earlier version",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, Text(r))
		}
	}
	p := Point{Name: "rival-1-1", Latency: 0.1e-3, Accuracy: 0.7, Kind: KindRival}
	if !slices.Contains(Points(r), p) {
		t.Errorf("points %+v; want the rival among them by its accuracy on validation", Points(r))
	}
}

// Each figure of the repetitions stands in its row.
func TestRepetitionsHaveTheirRows(t *testing.T) {
	r := fixed()
	of := func(mean float64) controller.Summary {
		return controller.Summary{N: 3, Mean: mean, Std: mean / 10, Low: mean - 0.1, High: mean + 0.2}
	}
	r.Seeds = &Seeds{Front: of(0.01), Common: of(0.02), Best: of(0.03), Margin: of(0.04), Levels: []controller.Summary{{}, of(0.05), of(0.06)}}
	_, table, _ := strings.Cut(words(Text(r)), "over seeds on one supernet")
	for _, want := range []string{
		"at equal latency, on average 3 +0.0100 0.0010 [-0.0900, +0.2100] at equal latency, where both have a network 3 +0.0200 0.0020 [-0.0800, +0.2200]",
		"mean of the best, at any latency 3 +0.0300 0.0030 [-0.0700, +0.2300] best network 3 +0.0400 0.0040 [-0.0600, +0.2400]",
		"best within 1/2 of the slowest 3 +0.0500 0.0050 [-0.0500, +0.2500] best within 1/1 of the slowest 3 +0.0600 0.0060 [-0.0400, +0.2600]",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	if strings.Contains(table, "1/4") {
		t.Errorf("a latency at which no repetition has a network of both has a row:\n%s", table)
	}
}

// What several searches handed over stands at each latency, where there was no random arm too.
func TestWhatSearchesHandedOver(t *testing.T) {
	r := fixed()
	r.Checks, r.Compare, r.Random = fixedChecks(), nil, nil
	of := func(n int, mean float64) controller.Summary {
		if n == 1 {
			return controller.Summary{N: 1, Mean: mean, Low: mean, High: mean}
		}
		return controller.Summary{N: n, Mean: mean, Std: mean / 10, Low: mean - 0.1, High: mean + 0.05}
	}
	r.Seeds = &Seeds{Searches: 3, Handed: []Handed{{Latency: 1e-4}, {Latency: 2e-4, Validation: of(1, 0.8), Test: of(1, 0.79)}, {Latency: 4e-4, Validation: of(3, 0.9), Test: of(3, 0.88)}}}
	_, table, _ := strings.Cut(words(Text(r)), "Handed over by 3 searches on one supernet")
	for _, want := range []string{
		"0.100 ms 0 none - - none - - 0.200 ms 1 0.8000 - - 0.7900 - - 0.400 ms 3 0.9000 0.0900 [0.8000, 0.9500] 0.8800 0.0880 [0.7800, 0.9300]",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	if got := Text(r); strings.Contains(got, "better than chance\n") || strings.Contains(got, "against random search") {
		t.Errorf("a random arm is spoken of that there was not:\n%s", got)
	}
	if got := ChecksText(r); !strings.Contains(got, "those of 2 more repetitions") || strings.Contains(got, "ahead of random search") {
		t.Errorf("two repetitions without a random arm are told so:\n%s", got)
	}
	r.Seeds.Handed = nil
	if strings.Contains(Text(r), "Handed over by") {
		t.Error("a folder of an earlier version has an empty table")
	}
}

// Seconds of networks that train beside each other are not set beside those of rivals, which have
// all workers, without saying so.
func TestWorkersOfTrainingsAreTold(t *testing.T) {
	r := fixed()
	r.Rivals = []Rival{{Name: "rival-1-1", Network: "auto", Factor: 0.5, Against: "pareto-1", Latency: 1e-4, Seconds: 60, Test: 0.8, TestError: 0.06}}
	r.Machine.Workers = 4
	if got := Text(r); strings.Contains(got, "workers, ") && strings.Contains(got, "at a time") {
		t.Errorf("folders of earlier versions do not tell of workers:\n%s", got)
	}
	r.Last = LastRung{AtATime: 4, Workers: 1}
	for _, want := range []string{"trained for: 4 networks at a time, each by 1 of 4 workers", "rivals were trained by all 4 workers"} {
		if got := Text(r); !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	r.Last = LastRung{AtATime: 1, Workers: 4}
	if got := Text(r); strings.Contains(got, "at a time") {
		t.Errorf("one network at a time has all workers, as rivals have:\n%s", got)
	}
}

// Where classes differ in size, accuracy stands beside balanced accuracy and what is taken
// for what; in any case beside the share of the most frequent class.
func TestUnevenClassesAreTold(t *testing.T) {
	r := fixed()
	r.Data.Majority, r.Data.Ratio, r.Data.Names = 0.6, 1.2, []string{"boot", "clog", "sandal"}
	by := Table(supernet.Confusion{{80, 7, 3}, {5, 25, 10}, {0, 2, 18}})
	r.Pareto[1].ByClass = by
	if got := Text(r); !strings.Contains(got, "is right for 0.6000 of the test pictures") || strings.Contains(got, "balanced") {
		t.Errorf("classes of like size:\n%s", got)
	}
	r.Data.Ratio, r.Data.Balance = 4.5, true
	got := Text(r)
	for _, want := range []string{"  balanced  ", "0.8046", "largest class has 4.5 times", "training showed every class equally often", "pareto-2 takes 10 of 40 test pictures of clog for sandal"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	big := make(supernet.Confusion, MostListed+1)
	for i := range big {
		big[i] = make([]int, len(big))
	}
	big[3][4] = 2
	if b := Table(big); b.Matrix != nil || len(b.Worst) != 1 || b.Worst[0].Of != 2 {
		t.Errorf("of many classes: %+v", b)
	}
}

// Losses have a column where a report has them, and what a faster network equals in accuracy is said to be there for its loss.
func TestNetworksThatPicturesDoNotTellApartAreNamed(t *testing.T) {
	r := fixed()
	if got := Text(r); strings.Contains(got, "loss:") || strings.Contains(got, "no more accurate") {
		t.Errorf("losses of a report that has none:\n%s", got)
	}
	r.Pareto[0].ValidationLoss, r.Pareto[1].ValidationLoss = 0.4321, 0.3456
	got := Text(r)
	for _, want := range []string{"validation    loss  inherited", "  0.4321  ", "  0.3456  ", "loss: mean cross entropy on validation, in nats"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "no more accurate") {
		t.Errorf("a network that is more accurate is said not to be:\n%s", got)
	}
	for i, behind := range []float64{0, 0.001, 0.0005} {
		n := r.Pareto[1]
		n.Name, n.Validation = fmt.Sprintf("pareto-%d", i+3), n.Validation-behind
		r.Pareto = append(r.Pareto, n)
	}
	want := "no more accurate on validation than a faster one, but by no more than the standard error of 150 pictures, with a lower loss: pareto-3, pareto-4, pareto-5\n"
	if got := Text(r); !strings.Contains(got, want) {
		t.Errorf("%q is missing in\n%s", want, got)
	}
}
