package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/predictor/table"
)

// measured writes a table of networks and a table of their latencies.
func measured(t *testing.T) (networks, latencies string) {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 1))
	a, b := "idx,ops,score\n", "idx,one,two,three\n"
	for i := range 120 {
		ops, sum := "", 0.0
		for range 6 {
			g := r.IntN(5)
			ops, sum = ops+fmt.Sprint(g), sum+float64(g)
		}
		a += fmt.Sprintf("%d,%s,%g\n", i, ops, sum)
		b += fmt.Sprintf("%d,%g,%g,%g\n", i, math.Exp(sum/9), 2*math.Exp(sum/8), 3*math.Exp(sum/7))
	}
	networks, latencies = filepath.Join(dir, "networks.csv"), filepath.Join(dir, "latencies.csv")
	for file, text := range map[string]string{networks: a, latencies: b} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return networks, latencies
}

func TestPredictorCommand(t *testing.T) {
	networks, latencies := measured(t)
	out := filepath.Join(t.TempDir(), "out.json")
	for _, c := range []struct {
		args    []string
		results int
		want    string // in the table
	}{
		{[]string{"predictor", "latency", "-table", networks, "--latencies", latencies, "--samples", "10", "--choose", "chosen", "--pool", "0-79", "--trim", "0.1", "--json", out}, 12, "nearest source"},
		{[]string{"predictor", "latency", "--table", networks, "--latencies", latencies, "--sources", "one,two", "--seeds", "1", "--json", out}, 8, "random"},
		{[]string{"predictor", "accuracy", "--table", networks, "--samples", "30,40", "--models", "ridge,gp", "--seeds", "2", "--json", out}, 4, "score"},
		{[]string{"predictor", "accuracy", "--table", networks, "--space", "nb201", "--size", "8", "--samples", "30", "--models", "flops,gp", "--seeds", "1", "--query", "0-49", "--json", out}, 2, "flops"},
	} {
		code, stdout, stderr := newShell(t).run(t.Context(), c.args...)
		if code != 0 || !strings.Contains(stdout, c.want) {
			t.Fatalf("%v: code %d, %s%s; want %q", c.args, code, stdout, stderr, c.want)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		var results []table.Result
		if err := json.Unmarshal(data, &results); err != nil || len(results) != c.results {
			t.Errorf("%v: %d results, error %v; want %d", c.args, len(results), err, c.results)
		}
		if results[0].Spearman < 0.8 && results[0].Model != "flops" {
			t.Errorf("%v: Spearman %.3f of %s on a planted table; want at least 0.8", c.args, results[0].Spearman, results[0].Model)
		}
	}
}

func TestPredictorCommandErrors(t *testing.T) {
	networks, _ := measured(t)
	bad := filepath.Join(t.TempDir(), "bad.csv")
	if err := os.WriteFile(bad, []byte("idx,ops,score\n1,01,2\n2,02,two\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"predictor", "accuracy", "--table", bad}, "bad.csv line 3, column score: \"two\"; want a number"},
		{[]string{"predictor", "accuracy", "--table", networks, "--pool", "9-3"}, "--pool is \"9-3\""},
		{[]string{"predictor", "accuracy", "--table", networks, "--models", "none"}, "\"none\" is unknown"},
		{[]string{"predictor", "accuracy", "--table", networks, "--samples", "20", "--target", "none"}, "no column \"none\""},
		{[]string{"predictor", "latency", "--table", networks, "--targets", "score"}, "0 sources"},
	} {
		code, _, stderr := newShell(t).run(t.Context(), c.args...)
		if code == 0 || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: code %d, %q; want %q", c.args, code, stderr, c.want)
		}
	}
	code, text, _ := newShell(t).run(t.Context(), "predictor", "accuracy", "--table", networks, "--samples", "20", "--models", "ridge", "--seeds", "1", "--json", filepath.Join(t.TempDir(), "no", "out.json"))
	if code != exitFailure || !strings.Contains(text, "ridge") {
		t.Errorf("a file that cannot be written: code %d, printed %q; want the figures nevertheless", code, text)
	}
}
