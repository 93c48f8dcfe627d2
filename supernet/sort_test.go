package supernet

import (
	"cmp"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/stages"
)

// sortables are a space of each kind of block with channels to sort.
func sortables(t *testing.T) map[string]*stages.Family {
	t.Helper()
	all := map[string]*stages.Family{}
	for _, block := range []string{stages.MBConv, stages.Basic, stages.Bottleneck} {
		for _, excite := range []string{"", "yes"} {
			if excite != "" && block != stages.MBConv {
				continue
			}
			f, err := stages.New(stages.Config{
				Name: block, Stem: 6, Activation: "relu",
				Stages: []stages.Stage{{Block: block, Widths: []int{6, 8}, Depths: []int{1}, Kernels: []int{7}, Expansions: []float64{1, 3}, Excite: excite}},
			}, space.Input{H: 9, W: 9, C: 2, Classes: 3})
			if err != nil {
				t.Fatal(err)
			}
			all[block+excite] = f
		}
	}
	return all
}

// Sorting the channels of every band changes nothing of what the largest subnet computes:
// with weights that are small whole numbers, whose sums are exact in any order, not a bit
// (squeeze and excitation divides: to rounding). Kernels are of 7x7 taps, as Winograd's
// algorithm divides too. What a channel is worth falls within each
// band, momentum and averages move along, and the same numbers are there as before.
func TestSortedChannelsComputeTheSame(t *testing.T) {
	for name, f := range sortables(t) {
		o := trainOptions
		o.Average = 0.1
		e := exec(t, 1)
		tr := trainer(t, e, f, Single{f.Extremes().Largest}, o)
		wholeNumbers(tr)
		logits := func() []float32 { return exactLogits(e, tr.net.Subnet(f.Extremes().Largest)) }
		before, bag := logits(), multiset(tr.net)
		tr.sort()
		after := logits()
		if exact := !strings.HasSuffix(name, "yes"); exact && !slices.Equal(before, after) || apart(before, after) > 1e-6 {
			t.Errorf("%s: logits of the largest changed by %.2g of the largest; want no more than 1e-6, none without squeeze and excitation", name, apart(before, after))
		}
		if !slices.Equal(bag, multiset(tr.net)) {
			t.Errorf("%s: sorting changed which numbers there are", name)
		}
		bands := f.Bands()
		if len(bands) == 0 {
			t.Fatalf("%s: no bands", name)
		}
		for _, b := range bands {
			if sums := readSums(tr.net.byName[b.Inputs[0]]); !slices.IsSortedFunc(sums, func(x, y float64) int { return cmp.Compare(y, x) }) {
				t.Errorf("%s: what %s reads of the channels is %v; want it falling", name, b.Inputs[0], sums)
			}
		}
		for i, p := range tr.net.params {
			if !slices.Equal(p.Data, tr.opt.State()[i].Data) || !slices.Equal(p.Data, tr.average.net.params[i].Data) {
				t.Errorf("%s: momentum or average of %s did not move along", name, p.Name)
			}
		}
	}
}

// wholeNumbers fills weights, momentum and averages of a trainer with -1, 0 and 1.
func wholeNumbers(tr *Trainer) {
	r := newRand(9)
	for i, p := range tr.net.params {
		for o := range p.OutC {
			for in := range max(1, p.InC/p.G) {
				for y := range p.KH {
					for x := range p.KW {
						p.Data[p.Index(o, in, y, x)] = float32(r.IntN(3) - 1)
					}
				}
			}
		}
		copy(tr.opt.State()[i].Data, p.Data)
		copy(tr.average.net.params[i].Data, p.Data)
	}
}

// exactLogits returns what a subnet says of pictures of -1, 0 and 1, with norms that divide
// by 1.
func exactLogits(e *ops.Exec, view *Subnet) []float32 {
	stats := make([]*ops.Stats, len(view.plan))
	for i, s := range view.plan {
		if s.Norm == "" {
			continue
		}
		stats[i] = ops.NewStats(s.Layer.OutC)
		for c := range stats[i].Var {
			stats[i].Var[c] = 1 - NormEps
		}
	}
	e.Begin(false)
	x, r := make([]float32, 2*9*9*2), newRand(2)
	for i := range x {
		x[i] = float32(r.IntN(3) - 1)
	}
	return slices.Clone(view.Forward(e, new(Pass), e.Input(2, 9, 9, 2, x), stats).Data)
}

// readSums returns the L1 norm of what a weight reads of each of its inputs.
func readSums(p *ops.Param) []float64 {
	sums := make([]float64, p.InC)
	for in := range sums {
		for o := range p.OutC {
			for y := range p.KH {
				for x := range p.KW {
					sums[in] += math.Abs(float64(p.Data[p.Index(o, in, y, x)]))
				}
			}
		}
	}
	return sums
}

func apart(a, b []float32) float64 {
	worst, scale := 0.0, 0.0
	for i := range a {
		worst, scale = max(worst, math.Abs(float64(a[i]-b[i]))), max(scale, math.Abs(float64(a[i])))
	}
	return worst / scale
}

// multiset returns all numbers of a net, in order of size.
func multiset(n *Net) (all []float32) {
	for _, p := range n.params {
		all = append(all, p.Data...)
	}
	slices.Sort(all)
	return all
}

// Bands are complete: whatever has the channels of a block's middle is moved, in every
// subnet that uses them all.
func TestSortingKeepsEverySubnetOfFullWidth(t *testing.T) {
	for name, f := range sortables(t) {
		e := exec(t, 1)
		tr := trainer(t, e, f, Single{f.Extremes().Largest}, trainOptions)
		x := noise(4 * 9 * 9 * 2)
		logits := func(a space.Arch) []float32 {
			e.Begin(true)
			return slices.Clone(tr.net.Subnet(a).Forward(e, new(Pass), e.Input(4, 9, 9, 2, x), nil).Data)
		}
		r, largest := rand.New(rand.NewPCG(3, 3)), f.Extremes().Largest
		var archs []space.Arch
		for len(archs) < 3 {
			genes := f.Space().Random(r).Genes()
			for i, d := range f.Space().Decisions() {
				if (d.Kind == space.KindWidth || d.Kind == space.KindExpand) && f.Space().Active(genes, i) {
					genes[i] = uint8(largest.Gene(i))
				}
			}
			archs = append(archs, space.NewArch(genes))
		}
		var before [][]float32
		for _, a := range archs {
			before = append(before, logits(a))
		}
		tr.sort()
		for i, a := range archs {
			if d := apart(before[i], logits(a)); d > 1e-4 {
				t.Errorf("%s: logits of %s changed by %.2g of the largest", name, f.Space().Format(a), d)
			}
		}
	}
}

// Shrinking sorts once, when widths become free; the sandwich when the largest is no longer
// alone; nobody without SamplerOptions.Sort.
func TestWhenChannelsAreSorted(t *testing.T) {
	f := elastic(t, false)
	ends := f.Extremes()
	flops := func(a space.Arch) int64 { return f.Plan(a).FLOPs() }
	for name, want := range map[string]int{"shrinking": 30, "sandwich": 10, "bestup": 10} {
		for _, on := range []bool{true, false} {
			s, err := NewSampler(name, f.Space(), SamplerOptions{Max: ends.Largest, Narrow: ends.Narrow, Random: 1, Alone: 10, Steps: 40, Sort: on, FLOPs: flops})
			if err != nil {
				t.Fatal(err)
			}
			for step := range 50 {
				if got := s.(Sorter).Sorts(step); got != (on && step == want) {
					t.Errorf("%s, sort %t: step %d begins with sorting: %t", name, on, step, got)
				}
			}
		}
	}
}

// A training that is stopped right before, or after, the step that sorts goes on to the
// same bits; and sorting changes what is learnt.
func TestSortingResumes(t *testing.T) {
	f := elastic(t, true)
	o := trainOptions
	o.Steps, o.Average = 12, 0.1
	begin := func(sort bool) *Trainer {
		s, err := NewSampler("shrinking", f.Space(), SamplerOptions{Max: f.Extremes().Largest, Random: 1, Alone: 3, Steps: 12, Sort: sort})
		if err != nil {
			t.Fatal(err)
		}
		return trainer(t, exec(t, 1), f, s, o)
	}
	whole, plain := begin(true), begin(false)
	run(t, whole, 12)
	run(t, plain, 12)
	if whole.net.Hash() == plain.net.Hash() {
		t.Error("sorting changed nothing")
	}
	for _, stop := range []int{9, 10} { // phases of three steps: widths are free from step 9 on
		first, second := begin(true), begin(true)
		run(t, first, stop)
		path := filepath.Join(t.TempDir(), "at.msgpack")
		if err := first.Save(path, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := second.Load(path); err != nil {
			t.Fatal(err)
		}
		run(t, second, 12)
		if second.net.Hash() != whole.net.Hash() || second.Averaged().Hash() != whole.Averaged().Hash() {
			t.Errorf("stopped after %d steps: other weights than without a stop", stop)
		}
	}
}
