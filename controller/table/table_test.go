package table

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/espalier-nas/espalier/controller"
)

// file writes a table and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	b := []byte(text)
	if strings.HasSuffix(name, ".gz") {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		b = z.Bytes()
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// hill is a table of 4^5 networks whose figures grow with how far they agree with one,
// but for the networks that skip leaves out.
func hill(t *testing.T, skip func(n int) bool) *Table {
	t.Helper()
	var b strings.Builder
	b.WriteString("# note\nidx,ops,c10_test,flops\n")
	for n := range 1024 {
		if skip(n) {
			continue
		}
		v := 0.0
		for i, rest := 0, n; i < 5; i++ {
			if rest%4 == (i*7+2)%4 {
				v += 1 + float64(i)/10
			}
			rest /= 4
		}
		fmt.Fprintf(&b, "%d,%d%d%d%d%d,%g,%d\n", n, n%4, n/4%4, n/16%4, n/64%4, n/256, v+float64(n%97)/1e4, 100+n)
	}
	table, err := Read(file(t, "hill.csv.gz", b.String()), "")
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func none(int) bool { return false }

func TestRead(t *testing.T) {
	whole := hill(t, none)
	if whole.Len() != 1024 || whole.space.Size() != 1024 || whole.Column != "c10_test" || math.Abs(whole.Best()-6) > 0.01 {
		t.Errorf("%d networks, space of %v, column %s, best %v; want 1024, 1024, c10_test and about 6", whole.Len(), whole.space.Size(), whole.Column, whole.Best())
	}
	part := hill(t, func(n int) bool { return n%3 == 0 })
	if part.Len() != 682 || part.space.Size() != 682 {
		t.Errorf("%d networks, space of %v; want 682 of both: rows that are missing are no candidates", part.Len(), part.space.Size())
	}
	for a := range part.space.Enumerate {
		if _, ok := part.rows[a]; !ok {
			t.Fatalf("the space holds %s, which no row has", part.space.Format(a))
		}
	}
	two, err := Read(file(t, "two.csv", "genes,seed,accuracy,latency,params\n0-11,1,0.5,0.001,7\n0-3,1,0.75,0.002,8\n0-11,2,0.25,0.001,7\n"), "accuracy")
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{0.375, 0.75}; !slices.Equal(two.values, want) {
		t.Errorf("figures %v, want %v: trainings of one network count by their mean", two.values, want)
	}
	for _, r := range two.rows {
		if r.cost.Latency != map[float64]float64{0.375: 0.001, 0.75: 0.002}[r.value] || r.cost.Params == 0 {
			t.Errorf("costs %+v of %v", r.cost, r.value)
		}
	}
}

func TestFaults(t *testing.T) {
	for want, text := range map[string]string{
		"want one of genes, ops":                          "a,b\n1,2\n",
		"want accuracy or c10_test":                       "genes,b\n1,2\n",
		"0 rows; want at least 2":                         "genes,accuracy\n",
		"line 3: genes has 3 genes; want 2":               "genes,accuracy\n01,1\n011,1\n",
		`line 2: genes: "0x": gene 2 is "x"`:              "genes,accuracy\n0x,1\n01,1\n",
		`line 3: accuracy is "NaN"; want a finite number`: "genes,accuracy\n00,1\n01,NaN\n",
		`line 2: flops is "-1"; want a number from 0`:     "genes,accuracy,flops\n00,1,-1\n01,1,1\n",
		"wrong number of fields":                          "genes,accuracy\n00,1,2\n",
		"no line of names":                                "",
		`gene 2 is "255"; want a number from 0 to 254`:    "genes,accuracy\n0-255,1\n0-1,1\n",
		`has 65 genes; want 1 to 64`:                      "genes,accuracy\n" + strings.Repeat("0", 65) + ",1\n",
	} {
		if _, err := Read(file(t, "bad.csv", text), ""); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "bad.csv") {
			t.Errorf("%q: error %v, want one with %q and the file", text, err, want)
		}
	}
	if _, err := Read(file(t, "plain.csv", "genes,accuracy\n0,1\n1,1\n"), "size"); err == nil || !strings.Contains(err.Error(), `column is "size"; want one of genes, accuracy`) {
		t.Errorf("unknown column: error %v", err)
	}
	o := Options{Strategies: []string{"magic"}, Evaluations: 2000, Seeds: 1, Objectives: []string{"size"}, Tuning: controller.DefaultStrategyOptions(0)}
	o.Tuning.Local.Starts = 0
	_, err := Run(context.Background(), hill(t, none), o)
	for _, part := range []string{
		`strategy "magic" is unknown`, "evaluations is 2000; want 1 to 1024", "seeds is 1", "batch is 0",
		`objectives: "size"; want some of [reward latency flops params]`, "objectives has one name", "local.starts is 0",
	} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v does not say %q", err, part)
		}
	}
}

// TestRandomBest compares the expectation with draws.
func TestRandomBest(t *testing.T) {
	table := hill(t, none)
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 7, 60, 1024} {
		mean, times := 0.0, 4000
		for range times {
			best := math.Inf(-1)
			for _, i := range rng.Perm(1024)[:n] {
				best = max(best, table.values[i])
			}
			mean += best / float64(times)
		}
		if got := table.RandomBest(n); math.Abs(got-mean) > 0.05 {
			t.Errorf("%d draws: expected best %v, drawn %v", n, got, mean)
		}
	}
	for _, n := range []int{1, 5, 200} {
		if got := table.RandomEvaluations(table.RandomBest(n)); got != n {
			t.Errorf("random search needs %d draws for what %d bring", got, n)
		}
	}
	if got := table.RandomEvaluations(table.Best()); got != 1024 {
		t.Errorf("the best takes %d draws to be certain; want all", got)
	}
}

// TestContest: what is reported follows from the searches, is the same again, and ranks a
// strategy that learns above random search, also where networks are missing.
func TestContest(t *testing.T) {
	for _, table := range []*Table{hill(t, none), hill(t, func(n int) bool { return n%7 == 1 })} {
		o := Options{Strategies: []string{"evolution", "halton", "local"}, Evaluations: 60, Seeds: 12, Batch: 4, Seed: 3, Tuning: controller.DefaultStrategyOptions(0)}
		c, err := Run(context.Background(), table, o)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Run(context.Background(), table, o)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c, again, cmpopts.IgnoreFields(Standing{}, "Seconds")); d != "" {
			t.Errorf("a second contest differs:\n%s", d)
		}
		wins := 0.0
		for i, s := range c.Standings {
			wins += s.Wins
			end := o.Evaluations - 1
			if len(s.Curve) != o.Evaluations || !(s.Low[end] <= s.Final() && s.Final() <= s.High[end]) || i > 0 && s.Final() < c.Standings[i-1].Final() {
				t.Errorf("%s: %d figures, end %v in [%v, %v]", s.Strategy, len(s.Curve), s.Final(), s.Low[end], s.High[end])
			}
			for e := 1; e < len(s.Curve); e++ {
				if s.Curve[e] > s.Curve[e-1] {
					t.Errorf("%s: regret rises after %d evaluations", s.Strategy, e)
				}
			}
			switch s.Strategy {
			case "random":
				if math.Abs(s.Better-0.5) > 1e-9 {
					t.Errorf("random search beats itself with probability %v", s.Better)
				}
			case "local":
				if s.BetterLow <= 0.5 || s.Saved < 2 {
					t.Errorf("local search beats random with probability %.3f [%.3f, %.3f], random needs %.1f times the evaluations", s.Better, s.BetterLow, s.BetterHigh, s.Saved)
				}
			}
		}
		if len(c.Standings) != 4 || math.Abs(wins-12) > 1e-9 {
			t.Errorf("%d strategies with %v wins; want 4 with 12", len(c.Standings), wins)
		}
		checkPicture(t, c)
	}
}

// checkPicture: the plot is well-formed and names every strategy, as the text does.
func checkPicture(t *testing.T, c *Contest) {
	t.Helper()
	svg, text := c.SVG(), c.Text()
	for _, s := range c.Standings {
		if !bytes.Contains(svg, []byte(">"+s.Strategy+"  ")) || !strings.Contains(text, s.Strategy) {
			t.Errorf("%s is missing in plot or text", s.Strategy)
		}
	}
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := d.Token(); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			break
		}
	}
	if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
		t.Error("the plot holds numbers that are none")
	}
}

// TestNearer compares the probability with the Mann-Whitney count by hand.
func TestNearer(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p, low, high := nearer([]float64{0, 1, 2}, []float64{1, 3}, rng)
	if want := 4.5 / 6; math.Abs(p-want) > 1e-12 || low > p || high < p {
		t.Errorf("%v [%v, %v], want %v", p, low, high, want)
	}
	if p, low, high := nearer([]float64{0, 0}, []float64{1, 1}, rng); p != 1 || low != 1 || high != 1 {
		t.Errorf("%v [%v, %v], want certainty", p, low, high)
	}
}

// TestWinners shares ties.
func TestWinners(t *testing.T) {
	run := func(ends ...float64) (c []curve) {
		for _, e := range ends {
			c = append(c, curve{regret: []float64{9, e}})
		}
		return c
	}
	if got := winners([][]curve{run(0, 2, 1), run(0, 1, 3), run(5, 1, 0)}); !cmp.Equal(got, []float64{0.5, 1, 1.5}, cmpopts.EquateApprox(0, 1e-9)) {
		t.Errorf("%v, want 0.5, 1 and 1.5", got)
	}
}
