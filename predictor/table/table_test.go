package table

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/nb201"
)

func parse(text string, f space.Family) (*Table, error) {
	return read("t.csv", strings.NewReader(text), f)
}

func TestRead(t *testing.T) {
	const text = "\xef\xbb\xbfidx,ops,a,iso, b\n7,01z,1.5,3,2\n9,120,-2,1, 4e1 \n"
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte(text))
	z.Close()
	for name, in := range map[string]string{"plain": text, "gzip": zipped.String()} {
		got, err := parse(in, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if fmt.Sprint(got.Index, got.Names, got.Values, got.Archs[0].Genes()) != "[7 9] [a b] [[1.5 -2] [2 40]] [0 1 35]" {
			t.Errorf("%s: %v %v %v", name, got.Index, got.Names, got.Values)
		}
	}
}

// TestReadTabular reads what espalier tabular writes: comments, both forms of an
// architecture, and several trainings of a network, whose mean counts.
func TestReadTabular(t *testing.T) {
	f, err := nb201.New(nb201.Config{Name: "small", Channels: 4, Cells: 1}, space.Input{H: 8, W: 8, C: 3, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	s := f.Space()
	a, b := space.NewArch([]uint8{3, 3, 3, 3, 3, 3}), space.NewArch([]uint8{1, 2, 3, 4, 0, 1})
	text := fmt.Sprintf("# command: x\narch,genes,flops,accuracy\n%[1]s,333333,10,0.25\n%[2]s,123401,20,0.5\n%[1]s,3-3-3-3-3-3,10,0.75\n%[1]s,333333,10,0.5\n", s.Format(a), s.Format(b))
	for name, family := range map[string]space.Family{"a family": f, "genes alone": nil} {
		got, err := parse(text, family)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if fmt.Sprint(got.Index, got.Names, got.Values) != "[0 1] [flops accuracy] [[10 20] [0.5 0.5]]" || got.Archs[0] != a || got.Archs[1] != b {
			t.Errorf("%s: %v %v %v %v", name, got.Index, got.Names, got.Values, got.Archs)
		}
	}
	if _, err := parse("genes,a\n1-x,2\n", nil); err == nil || !strings.Contains(err.Error(), "numbers from 0 to 255") {
		t.Errorf("error is %v", err)
	}
}

func TestReadErrors(t *testing.T) {
	f, err := nb201.New(nb201.Config{Name: "small", Channels: 4, Cells: 1}, space.Input{H: 8, W: 8, C: 3, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text, want string
		family     space.Family
	}{
		{"", "t.csv: empty", nil},
		{"idx,ops,a\n", "t.csv: no rows", nil},
		{"idx,ops,a,a\n", `line 1: column 4 is called "a"`, nil},
		{"idx,ops,a\n1,01,x\n", `line 2, column a: "x"; want a number`, nil},
		{"idx,ops,a\n1,01,NaN\n", `line 2, column a`, nil},
		{"idx,ops,a\n1,01,3\n1,02,3\n", `line 3, column idx: "1"; want an index of its own (line 2 has it)`, nil},
		{"idx,ops,a\n1,01,3\n2,021,3\n", `line 3, column ops: "021"; want 2 digits`, nil},
		{"idx,ops,a\n1,0!,3\n", `line 2, column ops: "0!"`, nil},
		{"idx,ops,a\n1,,3\n", `line 2, column ops`, nil},
		{"idx,ops,a\n1,01\n", "t.csv: record on line 2: wrong number of fields", nil},
		{"idx,arch,a\n1,x,2\n", "column arch holds the text form of a space", nil},
		{"idx,arch,a\n1,x,2\n", "line 2, column arch", f},
		{"idx,ops,a\n1,000009,2\n", "line 2, column ops", f},
	} {
		_, err := parse(c.text, c.family)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "t.csv") {
			t.Errorf("%q: error %v; want %q", c.text, err, c.want)
		}
	}
	ok, err := parse("arch,a\n|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|nor_conv_1x1~2|,2\n", f)
	if err != nil || ok.Archs[0].Len() != 6 || ok.Index[0] != "0" {
		t.Errorf("text form: %v, %v", ok, err)
	}
}

func TestJoin(t *testing.T) {
	a, _ := parse("idx,ops,x\n5,01,1\n6,10,2\n", nil)
	b, _ := parse("idx,y\n6,20\n4,0\n5,10\n", nil)
	for _, pair := range [][2]*Table{{a, b}} {
		j, err := pair[0].Join(pair[1])
		if err != nil || fmt.Sprint(j.Names, j.Values) != "[x y] [[1 2] [10 20]]" {
			t.Errorf("%v, %v", j, err)
		}
	}
	if _, err := b.Join(a); err == nil || !strings.Contains(err.Error(), "line 3: idx 4 is not in") {
		t.Errorf("error %v", err)
	}
	if _, err := a.Join(a); err == nil || !strings.Contains(err.Error(), `column "x"`) {
		t.Errorf("error %v", err)
	}
}

// Without idx rows are joined by their networks, in whatever order and however often these stand in the files; what would
// put figures of one network beside those of another is refused.
func TestJoinByNetwork(t *testing.T) {
	read := func(text string) *Table {
		t.Helper()
		r, err := parse(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	scores := read("genes,x\n01,1\n10,2\n01,3\n")
	j, err := scores.Join(read("ops,y\n11,7\n10,20\n01,10\n"))
	if err != nil || fmt.Sprint(j.Names, j.Values) != "[x y] [[2 2] [10 20]]" {
		t.Errorf("%v, %v; want each network beside its own figure", j, err)
	}
	for _, c := range []struct {
		a, b *Table
		want string
	}{
		{scores, read("ops,y\n10,20\n11,7\n"), "line 2: the network is not in"},
		{scores, read("y\n20\n10\n30\n"), "several rows of one network count as one"},
		{read("y\n20\n10\n"), scores, "several rows of one network count as one"},
		{scores, read("idx,y\n0,20\n1,10\n"), "several rows of one network count as one"},
		{read("idx,ops,x\n0,01,1\n1,10,2\n"), read("ops,y\n01,10\n11,20\n"), "row 1 is not the same network"},
		{read("idx,ops,x\n0,01,1\n1,10,2\n"), read("idx,ops,y\n1,01,10\n0,10,20\n"), "row 0 is not the same network"},
	} {
		if _, err := c.a.Join(c.b); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v; want one with %q", err, c.want)
		}
	}
}

// planted is a table of networks of 5 digits below 3 with a score and two devices more than
// it needs.
func planted(t testing.TB) *Table {
	t.Helper()
	var b strings.Builder
	b.WriteString("idx,ops,score,d1,d2,d3,d4\n")
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 150 {
		var ops string
		sum, twos := 0.0, 0.0
		for range 5 {
			g := r.IntN(3)
			ops += fmt.Sprint(g)
			sum += float64(g)
			if g == 2 {
				twos++
			}
		}
		fmt.Fprintf(&b, "%d,%s,%g", i, ops, sum+0.1*r.NormFloat64())
		for d := range 4 {
			fmt.Fprintf(&b, ",%g", math.Exp(0.2*sum+0.1*float64(d)*twos+0.02*r.NormFloat64()))
		}
		b.WriteString("\n")
	}
	out, err := parse(b.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEvaluations(t *testing.T) {
	tab := planted(t)
	ctx := context.Background()
	acc, err := Accuracy(ctx, tab, nil, Options{Targets: []string{"score"}, Samples: []int{60}, Seeds: 2, Models: []string{"ridge", "gp", "additive"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range acc {
		if r.Spearman < 0.95 || r.Queries != 90 {
			t.Errorf("%s: Spearman %.3f on %d rows; want at least 0.95 on the 90 not drawn", r.Model, r.Spearman, r.Queries)
		}
	}
	o := Options{Targets: []string{"d4"}, Sources: []string{"d1", "d2", "d3", "d4"}, Samples: []int{10}, Seeds: 2, Choose: Both, Pool: &Rows{0, 99}, Trim: 0.1}
	lat, err := Latency(ctx, tab, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(lat) != 8 || lat[0].Queries != 40 || lat[0].Spearman < 0.95 {
		t.Errorf("%d results, first %+v; want 8, Spearman at least 0.95 on 40 rows", len(lat), lat[0])
	}
	for _, word := range []string{"transfer", "nearest source", "chosen", "random"} {
		if !strings.Contains(Text(lat), word) {
			t.Errorf("the table lacks %q", word)
		}
	}
	// What is measured is not evaluated, also where there is no pool beside the query.
	whole, err := Latency(ctx, tab, nil, Options{Targets: []string{"d4"}, Sources: o.Sources, Samples: []int{10, 50}, Seeds: 1, Choose: Random})
	if err != nil || whole[0].Queries != 140 || whole[len(whole)-1].Queries != 100 {
		t.Errorf("%+v, error %v; want 140 and 100 rows evaluated of 150", whole, err)
	}
	one := Options{Targets: []string{"score"}, Samples: []int{10}, Seeds: 3, Models: []string{"ridge"}, Pool: &Rows{0, 10}, Query: &Rows{0, 0}}
	if _, err := Accuracy(ctx, tab, nil, one); err == nil || !strings.Contains(err.Error(), "no query row to be evaluated on") {
		t.Errorf("a query row that is drawn: error %v", err)
	}
	one.Targets, one.Sources, one.Choose = []string{"d4"}, o.Sources, Random
	if _, err := Latency(ctx, tab, nil, one); err == nil || !strings.Contains(err.Error(), "query rows are measured") {
		t.Errorf("a query row that is measured: error %v", err)
	}
	// The latencies of query rows on sources are not looked at.
	for _, name := range []string{"d1", "d2", "d3"} {
		v, _ := tab.Column(name)
		for i := 100; i < 150; i++ {
			v[i] = 1
		}
	}
	again, err := Latency(ctx, tab, nil, o)
	if err != nil || fmt.Sprint(again) != fmt.Sprint(lat) {
		t.Errorf("query rows of sources change the result (error %v)", err)
	}
}

func TestOptionErrors(t *testing.T) {
	tab := planted(t)
	good := Options{Targets: []string{"d1"}, Samples: []int{10}, Seeds: 1, Choose: Chosen}
	for want, change := range map[string]func(*Options){
		"samples is 3":        func(o *Options) { o.Samples = []int{3} },
		"samples is 150":      func(o *Options) { o.Samples = []int{150} },
		"trim is 0.5":         func(o *Options) { o.Trim = 0.5 },
		"pool is 0-150":       func(o *Options) { o.Pool = &Rows{0, 150} },
		`no column "nothing"`: func(o *Options) { o.Targets = []string{"nothing"} },
		"0 seeds":             func(o *Options) { o.Seeds = 0 },
	} {
		o := good
		change(&o)
		for name, evaluate := range map[string]func(context.Context, *Table, space.Family, Options) ([]Result, error){"accuracy": Accuracy, "latency": Latency} {
			if _, err := evaluate(context.Background(), tab, nil, o); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v; want %q", name, err, want)
			}
		}
	}
}

func TestTrimmed(t *testing.T) {
	got := trimmed([]int{4, 1, 3, 0, 2}, []float64{9, 1, 5, 7, 3}, 0.2)
	if fmt.Sprint(got) != "[2 3 4]" {
		t.Errorf("got rows %v; want 2 3 4, without the lowest and the highest", got)
	}
}

// TestMLPGradient compares gradients with finite differences.
func TestMLPGradient(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := &mlp{layers: []*mlpLayer{newLayer(3, 4, r), newLayer(4, 4, r), newLayer(4, 1, r)}}
	x, y := mat.NewDense(5, 3, nil), make([]float64, 5)
	for i := range 5 {
		for j := range 3 {
			x.Set(i, j, r.NormFloat64())
		}
		y[i] = r.NormFloat64()
	}
	loss := func() float64 {
		out := p.forward(x)
		var sum float64
		for i, v := range y {
			sum += (out.At(i, 0) - v) * (out.At(i, 0) - v) / 5
		}
		return sum
	}
	type part struct{ m, grad *mat.Dense }
	var parts []part
	p.gradients(x, y, func(_ *mlpLayer, _ int, m, grad *mat.Dense) { parts = append(parts, part{m, mat.DenseCopyOf(grad)}) })
	for k, q := range parts {
		w, g := q.m.RawMatrix().Data, q.grad.RawMatrix().Data
		for i := range w {
			const h = 1e-6
			old := w[i]
			w[i] = old + h
			up := loss()
			w[i] = old - h
			down := loss()
			w[i] = old
			if d := (up - down) / (2 * h); math.Abs(d-g[i]) > 1e-6 {
				t.Fatalf("part %d, number %d: gradient %v; want %v", k, i, g[i], d)
			}
		}
	}
}

func TestMLPLearns(t *testing.T) {
	tab := planted(t)
	y, _ := tab.Column("score")
	m := &mlp{features: tab.Inputs(nil).Features, seed: 1, steps: 40}
	if err := m.Fit(tab.Archs[:50], y[:50]); err != nil {
		t.Fatal(err)
	}
	pred, _ := m.Predict(tab.Archs[50:])
	if rho := predictor.Spearman(pred, y[50:]); rho < 0.8 {
		t.Errorf("Spearman %.3f; want at least 0.8", rho)
	}
}
