package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/search/truth"
)

// truthArgs make a truth of ten trainings, each of one epoch of five steps and
// one more.
func (s shell) truthArgs(file string) []string {
	return []string{"fidelity", "-c", s.path("tiny.yaml"), "-q", "--batch", "256", "--truth", s.path(file), "--count", "5", "--steps", "6"}
}

// evaluated returns what evaluating the run of a folder says as JSON.
func (s shell) evaluated(args ...string) (f truth.Fidelity) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.must(append([]string{"fidelity", "-q", "--json"}, args...)...)), &f); err != nil {
		s.t.Fatal(err)
	}
	return f
}

func TestTruthIsTheSameAfterInterruptions(t *testing.T) {
	s := newShell(t)
	s.must(s.truthArgs("whole.csv")...)
	s.must(append(s.truthArgs("one.csv"), "--workers", "1")...)
	stops := 0
	for patience := 12; ; patience += patience / 3 {
		code, _, errText := s.run(newCountdown(patience), s.truthArgs("cut.csv")...)
		if code == 0 {
			break
		}
		if code != exitInterrupted {
			t.Fatalf("interrupted after %d checks: exit code %d\n%s", patience, code, errText)
		}
		stops++
	}
	if stops < 5 {
		t.Errorf("interrupted %d times; want at least 5", stops)
	}
	whole := s.read("whole.csv")
	for _, name := range []string{"one.csv", "cut.csv"} {
		if d := cmp.Diff(whole, s.read(name)); d != "" {
			t.Errorf("%s differs:\n%s", name, d)
		}
	}
	left, err := os.ReadDir(s.dir)
	if err != nil || len(left) != 4 {
		t.Errorf("the folder holds %v, %v; want the configuration and three files of results", left, err)
	}
	_, table, _ := strings.Cut(whole, "\narch,")
	rows, err := csv.NewReader(strings.NewReader("arch," + table)).ReadAll()
	if err != nil || len(rows) != 11 {
		t.Fatalf("%d lines, %v; want names and 10 rows:\n%s", len(rows), err, whole)
	}
	for i := range 5 {
		a, b := rows[1+i], rows[6+i]
		if a[0] != b[0] || a[4] != "1" || b[4] != "2" || a[6] == b[6] {
			t.Errorf("trainings of one architecture are\n%v\n%v", a, b)
		}
	}
}

func TestFidelity(t *testing.T) {
	s := newShell(t)
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--batch", "256", "--steps", "6", "--out", s.path("run"))
	s.must(s.truthArgs("truth.csv")...)
	text := s.must("fidelity", "-q", "--run", s.path("run"), "--truth", s.path("truth.csv"))
	for _, want := range []string{"supernet, accuracy", "another training alone", "FLOPs", "95 % interval", "on average", "pooled"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	f := s.evaluated("--run", s.path("run"), "--truth", s.path("truth.csv"), "--svg", s.path("plot.svg"))
	if len(f.Evaluated) != 5 || f.Trainings != 10 || f.Noise <= 0 || f.Gap.Min > f.Gap.Mean || f.Gap.Mean > f.Gap.Max {
		t.Errorf("figures are %+v", f)
	}
	s.checkRatings(f)
	if s.read("plot.svg") != s.read("run", search.FidelityPlot) {
		t.Error("the same figures are drawn differently")
	}
	s.checkPlot(f, s.read("plot.svg"))

	if out := s.must("inspect", s.path("truth.csv")); !strings.Contains(out, "10 of 10 trainings") || strings.Count(out, f.Evaluated[0].Arch) != 2 {
		t.Errorf("inspect says\n%s", out)
	}
	own := s.evaluated("--run", s.path("run"), "--count", "2", "--seeds", "1", "--steps", "2")
	if len(own.Evaluated) != 2 || own.Trainings != 2 || own.Noise != 0 || s.read("run", search.TruthName) == "" {
		t.Errorf("a truth of the run's own gives %+v", own)
	}
}

// deviation returns the standard deviation of a figure over architectures, up to a factor
// that depends on their number.
func deviation(all []truth.Evaluated, of func(truth.Evaluated) float64) float64 {
	mean, squares := 0.0, 0.0
	for _, j := range all {
		mean += of(j) / float64(len(all))
	}
	for _, j := range all {
		squares += math.Pow(of(j)-mean, 2)
	}
	return math.Sqrt(squares)
}

// checkRatings recomputes figures from what each architecture got.
func (s shell) checkRatings(f truth.Fidelity) {
	for _, r := range f.Ratings {
		var score, alone []float64
		for _, j := range f.Evaluated {
			var v float64
			switch r.Score {
			case "supernet, loss":
				v = -j.Own.Loss
			case "supernet, loss and FLOPs":
				v = math.Exp(-j.Own.Loss)/deviation(f.Evaluated, func(j truth.Evaluated) float64 { return math.Exp(-j.Own.Loss) }) +
					math.Log(float64(j.FLOPs))/deviation(f.Evaluated, func(j truth.Evaluated) float64 { return math.Log(float64(j.FLOPs)) })
			case "FLOPs":
				v = float64(j.FLOPs)
			case "another training alone":
				v = j.Alone[0]
			case "batch statistics, loss":
				v = -j.Batch.Loss
			default:
				continue
			}
			score = append(score, v)
			switch r.Against {
			case "mean":
				alone = append(alone, (j.Alone[0]+j.Alone[1])/2)
			case "training 1":
				alone = append(alone, j.Alone[0])
			default:
				alone = append(alone, j.Alone[1])
			}
		}
		if want := plainTau(score, alone); score != nil && math.Abs(r.Kendall.Value-want) > 1e-12 {
			s.t.Errorf("tau of %s against %s is %v; want %v", r.Score, r.Against, r.Kendall.Value, want)
		}
	}
	if len(f.Ratings) != 10+5 {
		s.t.Errorf("%d ratings; want 15", len(f.Ratings))
	}
	var gap, squares float64
	for _, j := range f.Evaluated {
		gap += 100 * ((j.Alone[0]+j.Alone[1])/2 - j.Own.Accuracy)
		squares += (j.Alone[0] - j.Alone[1]) * (j.Alone[0] - j.Alone[1]) / 2
	}
	n := float64(len(f.Evaluated))
	if math.Abs(f.Gap.Mean-gap/n) > 1e-9 || math.Abs(f.Noise-math.Sqrt(squares/n)) > 1e-12 {
		s.t.Errorf("gap %v, noise %v; want %v and %v", f.Gap.Mean, f.Noise, gap/n, math.Sqrt(squares/n))
	}
}

// plainTau is tau-b pair by pair.
func plainTau(a, b []float64) float64 {
	sign := func(x float64) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return 0
	}
	var both, as, bs float64
	for i := range a {
		for j := range i {
			x, y := sign(a[i]-a[j]), sign(b[i]-b[j])
			both, as, bs = both+x*y, as+x*x, bs+y*y
		}
	}
	if as*bs == 0 {
		return 0
	}
	return both / math.Sqrt(as*bs)
}

// checkPlot checks that the picture is XML with every architecture in it.
func (s shell) checkPlot(f truth.Fidelity, svg string) {
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			s.t.Fatalf("the plot is no XML: %v", err)
		}
	}
	for _, j := range f.Evaluated {
		if !strings.Contains(svg, j.Arch) {
			s.t.Errorf("%s is not in the plot", j.Arch)
		}
	}
}

func TestTruthMustFitTheRun(t *testing.T) {
	s := newShell(t)
	train := []string{"train", "-c", s.path("tiny.yaml"), "-q", "--batch", "256", "--steps", "1"}
	s.must(append(train, "--out", s.path("run"))...)
	s.must(append(train, "--out", s.path("seed"), "--seed", "2")...)
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--steps", "1", "--space", "basic", "--batch", "16", "--out", s.path("space"))
	s.must(append(train, "--out", s.path("recipe"), "--lr", "0.01")...)
	s.must("fidelity", "-c", s.path("tiny.yaml"), "-q", "--batch", "256", "--truth", s.path("truth.csv"), "--count", "2", "--steps", "2")
	truth := s.read("truth.csv")
	lines := strings.SplitAfter(truth, "\n")
	for name, text := range map[string]string{
		"short.csv":   strings.Join(lines[:15], ""),
		"head.csv":    strings.Replace(truth, "# seed: 1", "# seed: x", 1),
		"number.csv":  strings.TrimSuffix(truth, ",2\n") + ",two\n",
		"flops.csv":   strings.Join(lines[:13], "") + "identity identity identity,1,1,0,1,0.5,1,1,2\n",
		"other.csv":   strings.Replace(truth, "# pictures: ", "# pictures: 0", 1),
		"nothing.csv": "",
	} {
		if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		run, truth string
		more       []string
		want       string // "": no error
	}{
		{"run", "truth.csv", nil, ""},
		{"seed", "truth.csv", nil, "splits is "},
		{"seed", "truth.csv", []string{"--other-split"}, ""},
		{"space", "truth.csv", nil, "space is "},
		{"recipe", "truth.csv", nil, ""},
		{"recipe", "short.csv", nil, "recipe is "},
		{"recipe", "short.csv", []string{"--partial"}, ""},
		{"seed", "short.csv", []string{"--other-split"}, "splits is "},
		{"run", "truth.csv", []string{"--count", "3"}, "count is 2; want 3"},
		{"run", "truth.csv", []string{"--seeds", "3"}, "seeds is 2; want 3"},
		{"run", "truth.csv", []string{"--steps", "3"}, "steps is 2; want 3"},
		{"run", "truth.csv", []string{"--epochs", "3"}, "steps is 2; want 45"},
		{"run", "head.csv", nil, `line 6: seed is "x"; want a number`},
		{"run", "number.csv", nil, `line 17: steps is "two"; want a number`},
		{"run", "flops.csv", nil, "row 1 has 1 FLOPs"},
		{"run", "other.csv", nil, "pictures is 0"},
		{"run", "nothing.csv", nil, "line 1 is"},
		{"run", "truth.csv", []string{"--lr", "0.1"}, "the folder's own configuration counts"},
		{"run", "truth.csv", []string{"--batch", "8"}, "the folder's own configuration counts"},
		{"run", "truth.csv", []string{"--count", "1"}, "--count is 1"},
	} {
		args := append([]string{"fidelity", "-q", "--run", s.path(c.run), "--truth", s.path(c.truth)}, c.more...)
		code, _, errText := s.run(context.Background(), args...)
		if c.want == "" && code != 0 || c.want != "" && (code != exitFailure || !strings.Contains(errText, c.want)) {
			t.Errorf("%s with %s %v: exit code %d; want %q in\n%s", c.run, c.truth, c.more, code, c.want, errText)
		}
	}
	if s.read("truth.csv") != truth {
		t.Error("reading a truth changed it")
	}
}
