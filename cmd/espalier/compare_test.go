package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/controller/table"
)

// TestCompareTable: the text, the JSON document and the plot are of the same contest.
func TestCompareTable(t *testing.T) {
	s := newShell(t)
	var b strings.Builder
	b.WriteString("genes,accuracy,flops\n")
	for n := range 81 {
		fmt.Fprintf(&b, "%d%d%d%d,%g,%d\n", n%3, n/3%3, n/9%3, n/27, 0.5+float64(n*n%89)/200, 100+n)
	}
	if err := os.WriteFile(s.path("table.csv"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	text := s.must("compare", "--table", s.path("table.csv"), "--strategies", "local,bayes,bayes", "--evaluations", "20", "--seeds", "3", "--json", s.path("c.json"), "--svg", s.path("c.svg"))
	var c table.Contest
	if err := json.Unmarshal([]byte(s.read("c.json")), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Standings) != 3 || c.Networks != 81 || c.Seeds != 3 {
		t.Fatalf("%d strategies on %d networks, %d seeds; want local, bayes and random on 81, 3", len(c.Standings), c.Networks, c.Seeds)
	}
	for _, st := range c.Standings {
		if !strings.Contains(text, fmt.Sprintf("%.4g", st.Final())) || !strings.Contains(s.read("c.svg"), st.Strategy) {
			t.Errorf("%s with regret %.4g is missing in\n%s", st.Strategy, st.Final(), text)
		}
	}
	traded := s.must("compare", "--table", s.path("table.csv"), "--strategies", "nsga2", "--evaluations", "20", "--seeds", "2", "--objectives", "reward,flops")
	if !strings.Contains(traded, "objectives reward, flops: 81 networks") {
		t.Errorf("objectives are missing in\n%s", traded)
	}
	for name, text := range map[string]string{"one.yaml": "starts: 1", "wrong.yaml": "starts: 0"} {
		if err := os.WriteFile(s.path(name), []byte("search: {strategies: {local: {"+text+"}}}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	local := []string{"compare", "--table", s.path("table.csv"), "--strategies", "local", "--evaluations", "20", "--seeds", "3", "--json", s.path("d.json")}
	s.must(append(local, "--config", s.path("one.yaml"))...)
	configured := s.read("d.json")
	if s.must(local...); curves(t, configured) == curves(t, s.read("d.json")) {
		t.Error("local search does the same whatever the configuration says")
	}
	for want, args := range map[string][]string{
		"column is \"size\"; want one of genes, accuracy": {"--column", "size"},
		"evaluations is 82; want 1 to 81":                 {"--evaluations", "82"},
		"strategy \"magic\" is unknown":                   {"--strategies", "magic"},
		"objectives: \"size\"":                            {"--objectives", "reward,size"},
		"local.starts is 0":                               {"--config", s.path("wrong.yaml")},
	} {
		if code, _, text := s.run(t.Context(), append([]string{"compare", "--table", s.path("table.csv")}, args...)...); code != exitFailure || !strings.Contains(text, want) {
			t.Errorf("%v: exit code %d, %q; want an error with %q", args, code, text, want)
		}
	}
	for _, flag := range []string{"--json", "--svg"} {
		code, text, _ := s.run(t.Context(), "compare", "--table", s.path("table.csv"), "--strategies", "local", "--evaluations", "5", "--seeds", "2", flag, s.path("no", "folder", "c"))
		if code != exitFailure || !strings.Contains(text, "local") {
			t.Errorf("%s into a folder that is not there: code %d, printed %q; want the figures nevertheless", flag, code, text)
		}
	}
}

// TestCompareSeesPlans: with a space, bayes goes by what networks compute; networks that are
// not of the space are refused by name.
func TestCompareSeesPlans(t *testing.T) {
	s := newShell(t)
	var b strings.Builder
	b.WriteString("genes,accuracy\n")
	for n := range 243 {
		fmt.Fprintf(&b, "%d%d%d3%d%d,%g\n", n%3, n/3%3, n/9%3, n/27%3, n/81, float64(n*n%241)/240)
	}
	if err := os.WriteFile(s.path("cells.csv"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"compare", "--table", s.path("cells.csv"), "--strategies", "bayes", "--evaluations", "30", "--seeds", "2"}
	s.must(append(args, "--json", s.path("blind.json"))...)
	s.must(append(args, "--json", s.path("sees.json"), "--space", "nb201")...)
	if blind := curves(t, s.read("blind.json")); blind == curves(t, s.read("sees.json")) {
		t.Errorf("plans change nothing: %s", blind)
	}
	if code, _, text := s.run(t.Context(), append(args, "--space", "cell")...); code != exitFailure || !strings.Contains(text, "cells.csv: the network [0 0 0 3 0 0] is not one of the space") {
		t.Errorf("cells of another space: exit code %d, %q; want an error that names the first network", code, text)
	}
}

// curves returns the mean regrets of all strategies of a contest in JSON.
func curves(t *testing.T, text string) string {
	t.Helper()
	var c table.Contest
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range c.Standings {
		fmt.Fprintln(&b, s.Strategy, s.Curve)
	}
	return b.String()
}
