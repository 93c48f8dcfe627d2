package predictor

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestAllModelsDescribeThemselves(t *testing.T) {
	archs, y := planted(40, 0.5, 1)
	y = positive(y)
	want := map[string]string{
		"fm": "low rank: rank ", "ridge": "linear on 32 features, penalty ", "flops": "line: ", "params": "line: ", "latency": "sum of layers",
	}
	for name, fresh := range makers(t) {
		p := fresh()
		mustPanic(t, name, func() { p.(Described).Describe() })
		if err := p.Fit(archs, y); err != nil {
			t.Fatal(err)
		}
		got := p.(Described).Describe()
		t.Logf("%-8s %s", name, got)
		if !strings.HasPrefix(got, want[name]) || strings.HasSuffix(got, ".") {
			t.Errorf("%s: %q; want it to begin with %q", name, got, want[name])
		}
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		q := fresh()
		if err := json.Unmarshal(data, q); err != nil || q.(Described).Describe() != got {
			t.Errorf("%s: restored from its state: %q, error %v; want %q", name, q.(Described).Describe(), err, got)
		}
	}
}

func mustPanic(t *testing.T, name string, do func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic before the first fit", name)
		}
	}()
	do()
}

// TestRanksAreCounted sets machines of known ranks.
func TestRanksAreCounted(t *testing.T) {
	p := &posterior{Inter: 3, Cols: 3}
	for _, rank := range []int{4, 0, 2, 2, 4, 2, 2, 2} {
		p.Machines = append(p.Machines, machine{W: make([]float32, 3), V: make([]float32, 3*rank)})
	}
	fm := &FM{state: &fmState{Posterior: p, Warp: curve{Kind: WarpRanks}}}
	if got := fm.Describe(); got != "low rank: rank 0 12 %, rank 2 62 %, rank 4 25 %; target on the scale of normal scores of ranks" {
		t.Errorf("%q", got)
	}
	var sum float64
	for _, s := range fm.Ranks() {
		sum += s.Share
	}
	if math.Abs(sum-1) > 1e-12 {
		t.Errorf("shares %v; want them to sum to 1", fm.Ranks())
	}
	table := Table(nil)
	for _, c := range []struct {
		form form
		post *posterior
		want string
	}{
		{formPlain, nil, "constant times a factor, no correction by architecture"},
		{formLog, p, "constant times a factor of the architecture: rank 0 12 %, rank 2 62 %, rank 4 25 %"},
		{formAdd, p, "constant plus seconds of the architecture: rank 0 12 %, rank 2 62 %, rank 4 25 %"},
	} {
		l := &Latency{table: table, state: &latencyState{Form: c.form, Posterior: c.post}}
		if got := l.Describe(); got != c.want {
			t.Errorf("%s: %q; want %q", c.form, got, c.want)
		}
	}
	for _, c := range []struct {
		state scalarState
		want  string
	}{{scalarState{}, "line: target on flops"}, {scalarState{LogX: true}, "line: target on log flops"}, {scalarState{LogX: true, LogY: true}, "line: log target on log flops"}} {
		if got := (&Scalar{name: "flops", state: &c.state}).Describe(); got != c.want {
			t.Errorf("%q; want %q", got, c.want)
		}
	}
}
