package space

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPeakActivations compares with a twin that asks, before and after each
// step, which buffers anyone still reads.
func TestPeakActivations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		bytes := func(i int) int64 {
			if i == Image {
				return 4 * int64(p[0].Layer.H*p[0].Layer.W*p[0].Layer.InC)
			}
			l := p[i].Layer
			return 4 * int64(l.OutH()*l.OutW()*l.OutC)
		}
		var want int64
		for now := range p {
			live := bytes(now)
			for i := Image; i < now; i++ {
				readLater := false
				for _, s := range p[now:] {
					readLater = readLater || slices.Contains(s.In, i)
				}
				if readLater {
					live += bytes(i)
				}
			}
			want = max(want, live)
		}
		if got := p.PeakActivations(); got != want {
			t.Fatalf("peak %d bytes; want %d\n%s", got, want, planText(p))
		}
	})
}

// TestPeakOfStepsReadTwice: a buffer that one step reads twice is freed once.
func TestPeakOfStepsReadTwice(t *testing.T) {
	l := Layer{Op: Conv, H: 2, W: 2, InC: 2, OutC: 2, K: 1, S: 1, G: 1}
	add := Layer{Op: Add, H: 2, W: 2, InC: 2, OutC: 2, FanIn: 2}
	p := Plan{{Layer: l, In: []int{Image}}, {Layer: add, In: []int{0, 0}}, {Layer: l, In: []int{1}}}
	if got := p.PeakActivations(); got != 2*2*2*2*4 {
		t.Errorf("peak %d bytes; want two buffers of 32", got)
	}
	wide := p
	wide[2].Layer.OutC = 8
	if got := wide.PeakActivations(); got != 2*2*(2+8)*4 {
		t.Errorf("peak %d bytes; want one buffer of 32 and one of 128", got)
	}
}

func TestEmptyPlan(t *testing.T) {
	var p Plan
	if p.FLOPs() != 0 || p.Params() != 0 || p.PeakActivations() != 0 {
		t.Error("an empty plan costs something")
	}
}

// TestValidateFindsFaults breaks a good plan in every field that must hold.
func TestValidateFindsFaults(t *testing.T) {
	ch := newChain(t, ChainConfig{Stem: 8, Layers: 3, Ops: []string{"sep3x3", "maxpool3x3"}, Widths: []int{8}, Skips: true})
	a, err := ch.Space().Parse("sep3x3:8 maxpool3x3:8 sep3x3:8+0")
	if err != nil {
		t.Fatal(err)
	}
	find := func(p Plan, op Op) *Step {
		i := slices.IndexFunc(p, func(s Step) bool { return s.Layer.Op == op })
		return &p[i]
	}
	faults := map[string]func(Plan){
		"op":         func(p Plan) { p[1].Layer.Op = 99 },
		"act":        func(p Plan) { p[1].Layer.Act = 99 },
		"height":     func(p Plan) { p[1].Layer.H = 0 },
		"width":      func(p Plan) { p[1].Layer.W++ },
		"channels":   func(p Plan) { p[1].Layer.InC = 1 << 20 },
		"groups":     func(p Plan) { p[1].Layer.G = 3 },
		"no groups":  func(p Plan) { p[1].Layer.G = 0 },
		"kernel":     func(p Plan) { p[1].Layer.K = 0 },
		"stride":     func(p Plan) { find(p, MaxPool).Layer.S = 0 },
		"pool":       func(p Plan) { find(p, MaxPool).Layer.OutC = 4 },
		"weight":     func(p Plan) { p[1].Weight = "" },
		"pool's":     func(p Plan) { find(p, MaxPool).Weight = "w" },
		"bias":       func(p Plan) { find(p, Linear).Bias = false },
		"inputs":     func(p Plan) { p[1].In = nil },
		"two":        func(p Plan) { p[1].In = []int{0, 0} },
		"fan-in":     func(p Plan) { find(p, Add).Layer.FanIn = 3 },
		"later":      func(p Plan) { p[1].In = []int{1} },
		"below":      func(p Plan) { p[1].In = []int{-2} },
		"too small":  func(p Plan) { p[0].Layer.K, p[0].Layer.S, p[0].Layer.H, p[0].Layer.W = 254, 2, 1, 1 },
		"too large":  func(p Plan) { p[0].Layer.K = 256 },
		"large pool": func(p Plan) { find(p, MaxPool).Layer.K = 17 },
		"other size": func(p Plan) { find(p, Linear).Layer.InC = 7 },
		"map":        func(p Plan) { find(p, GlobalPool).Layer.Op = Add; find(p, Linear).Layer.H = 2 },
		"norm":       func(p Plan) { p[1].Norm = p[0].Weight },
		"role":       func(p Plan) { p[1].Weight = p[0].Weight },
		"bias name":  func(p Plan) { p[1].Weight = "classifier.bias" },
		"scale name": func(p Plan) { p[1].Weight = p[0].Norm + ".scale" },
		"mean name":  func(p Plan) { p[1].Norm = p[0].Norm + ".mean" },
		"fold's":     func(p Plan) { p[1].Norm = p[0].Weight + ".bias" },
	}
	for name, spoil := range faults {
		p := ch.Plan(a)
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		spoil(p)
		if err := p.Validate(); err == nil {
			t.Errorf("%s: not found", name)
		}
		if _, err := NewFixed(p); err == nil {
			t.Errorf("%s: a family is made of it", name)
		}
	}
	if err := (Plan{}).Validate(); err == nil {
		t.Error("a plan without steps is valid")
	}
}

// TestValidateTellsTheFault: what a plan is refused for is what is wrong.
func TestValidateTellsTheFault(t *testing.T) {
	image := []int{Image}
	conv := func(weight, norm string, k, g int) Step {
		return Step{Layer: Layer{Op: Conv, H: 20, W: 20, InC: 4, OutC: 4, K: k, S: 1, G: g}, Weight: weight, Norm: norm, Bias: norm == "", In: image}
	}
	for _, c := range []struct {
		want string
		plan Plan
	}{
		{"step 0 (maxpool17x17s1 20x20x4->4): kernel is 17; want 1 to 16", Plan{{Layer: Layer{Op: MaxPool, H: 20, W: 20, InC: 4, OutC: 4, K: 17, S: 1}, In: image}}},
		{"reads a map of 2 x 1 pixels; want 1 x 1", Plan{{Layer: Layer{Op: Linear, H: 2, W: 1, InC: 4, OutC: 2}, Weight: "a", Bias: true, In: image}}},
		{"kernel is 2; want it to fit into 1 x 3 pixels with 0 of padding", Plan{{Layer: Layer{Op: AvgPool, H: 1, W: 3, InC: 4, OutC: 4, K: 2, S: 2}, In: image}}},
		{`step 0 (conv3x3s1 20x20x4->4): "a.bias" is a name of step 1, and that of a part of "a"`, Plan{conv("a", "", 3, 1), conv("a.bias", "", 3, 1)}},
		{`"n.scale" is a name of step 1, and that of a part of "n"`, Plan{conv("a", "n", 3, 1), conv("n.scale", "", 3, 1)}},
		{`reads "a" as a depthwise filter of odd size, step 0 as a dense weight of odd size`, Plan{conv("a", "", 3, 1), conv("a", "", 3, 4)}},
		{`reads "a" as a dense weight of even size, step 0 as a dense weight of odd size`, Plan{conv("a", "", 3, 1), conv("a", "", 2, 1)}},
		{`reads "a" as a norm, step 0 as a weight of 2 groups, 4 channels in, 4 out`, Plan{conv("a", "a", 3, 2)}},
	} {
		if err := c.plan.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v; want %s", err, c.want)
		}
	}
	shared := Plan{conv("a", "n", 3, 1), conv("a", "n", 5, 1), conv("b", "m", 2, 4), conv("c", "", 4, 2)}
	if err := shared.Validate(); err != nil {
		t.Errorf("a plan whose steps share what they can share: %v", err)
	}
}
