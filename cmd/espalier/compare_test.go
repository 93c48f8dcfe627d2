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
	b.WriteString("genes,accuracy\n")
	for n := range 81 {
		fmt.Fprintf(&b, "%d%d%d%d,%g\n", n%3, n/3%3, n/9%3, n/27, 0.5+float64(n*n%89)/200)
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
	for want, args := range map[string][]string{
		"column is \"size\"; want one of genes, accuracy": {"--column", "size"},
		"evaluations is 82; want 1 to 81":                 {"--evaluations", "82"},
		"strategy \"magic\" is unknown":                   {"--strategies", "magic"},
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
