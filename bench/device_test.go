package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// conv6 is a chain of six convolutions and a classifier.
func conv6(width int) space.Plan {
	var p space.Plan
	h, c := 28, 1
	add := func(s space.Step) {
		s.In = []int{len(p) - 1}
		p = append(p, s)
	}
	for i := range 6 {
		l := space.Layer{Op: space.Conv, H: h, W: h, InC: c, OutC: width, K: space.Square(3), S: 1, G: 1, Act: space.ReLU}
		if i == 2 || i == 4 {
			l.S = 2
		}
		add(space.Step{Layer: l, Weight: fmt.Sprint("conv", i), Norm: fmt.Sprint("norm", i)})
		h, c = l.OutH(), width
	}
	add(space.Step{Layer: space.Layer{Op: space.GlobalPool, H: h, W: h, InC: c, OutC: c}})
	add(space.Step{Layer: space.Layer{Op: space.Linear, H: 1, W: 1, InC: c, OutC: 10}, Weight: "classifier", Bias: true})
	return p
}

func local(t testing.TB, batch int) *Local {
	t.Helper()
	e, err := ops.NewExec(ops.Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	d, err := NewLocal(e, batch)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// quick is an effort of a few milliseconds.
var quick = Effort{Warmup: time.Millisecond, Round: 100 * time.Microsecond, Rounds: 5}

// layersOf lists the layers of plans, repeated as they occur.
func layersOf(plans ...space.Plan) []space.Layer {
	var out []space.Layer
	for _, p := range plans {
		for _, s := range p {
			out = append(out, s.Layer)
		}
	}
	return out
}

// More than ten times the work takes longer, whatever the machine.
func TestLocalTellsSmallFromLarge(t *testing.T) {
	d := local(t, 1)
	small, err := d.Time(context.Background(), conv6(4), quick)
	if err != nil {
		t.Fatal(err)
	}
	large, err := d.Time(context.Background(), conv6(64), quick)
	if err != nil {
		t.Fatal(err)
	}
	if !(small.Best > 0 && small.Best <= small.Low && small.Low <= small.Median && small.Median <= small.High) || small.Rounds != 5 {
		t.Errorf("sample out of order: %+v", small)
	}
	if large.Median < 2*small.Median {
		t.Errorf("a network of %d times the operations takes %v s; the small one %v s", conv6(64).FLOPs()/conv6(4).FLOPs(), large.Median, small.Median)
	}
}

func TestLocalRefusesBadPlansAndCancels(t *testing.T) {
	d := local(t, 1)
	p := conv6(4)
	p[2].Layer.InC++
	if _, err := d.Time(context.Background(), p, quick); err == nil || !strings.Contains(err.Error(), "step 2") {
		t.Errorf("got %v; want an error that names step 2", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.Time(ctx, conv6(4), quick); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v; want the context's error", err)
	}
}

// counter is a device that takes as long as the plan has operations.
type counter struct{ calls int }

func (c *counter) Name() string { return "counter" }

func (c *counter) Time(_ context.Context, p space.Plan, e Effort) (Sample, error) {
	c.calls++
	if err := p.Validate(); err != nil {
		return Sample{}, err
	}
	return Sample{Median: float64(p.FLOPs()+1) * 1e-9, Rounds: e.Rounds}, nil
}

func TestTableMeasuresEachLayerOnEveryVisit(t *testing.T) {
	d := &counter{}
	table := NewTable(d)
	plans := []space.Plan{conv6(8), conv6(16), conv6(8)}
	if err := table.Measure(context.Background(), layersOf(plans...)); err != nil {
		t.Fatal(err)
	}
	distinct := map[space.Layer]bool{}
	for _, p := range plans {
		for _, s := range p {
			distinct[s.Layer] = true
			if v, ok := table.Lookup(s.Layer); !ok || v != float64(s.Layer.FLOPs()+1)*1e-9 {
				t.Errorf("%v: %v, %t", s.Layer, v, ok)
			}
		}
	}
	if d.calls != Visits*len(distinct) || table.Len() != len(distinct) || table.Rounds() != Visits*VisitEffort.Rounds {
		t.Errorf("%d measurements, %d entries of %d rounds; want %d visits to each of %d distinct layers", d.calls, table.Len(), table.Rounds(), Visits, len(distinct))
	}
	if err := table.Measure(context.Background(), layersOf(plans...)); err != nil || d.calls != Visits*len(distinct) {
		t.Errorf("known layers were measured again: %v, %d calls", err, d.calls)
	}
}

func TestTableSurvivesItsFile(t *testing.T) {
	table := NewTable(&counter{})
	if err := table.Measure(context.Background(), layersOf(conv6(8))); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	back := NewTable(&counter{})
	if err := back.Restore(b); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(b) {
		t.Errorf("table changed on its way through a file: %v\n%s\n%s", err, b, again)
	}
	for name, text := range map[string]string{
		"other device": strings.Replace(string(b), "counter", "abacus", 1),
		"no time":      strings.Replace(string(b), `"median":`, `"median":-`, 1),
		"no operation": strings.Replace(string(b), `"Op":`, `"Ox":`, 1),
		"cut":          string(b[:len(b)/2]),
	} {
		if err := NewTable(&counter{}).Restore([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
