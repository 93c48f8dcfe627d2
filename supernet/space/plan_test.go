package space_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
	"github.com/espalier-nas/espalier/supernet/space/internal/chains"
)

// TestPeakActivations compares with a twin that asks, before and after each
// step, which buffers anyone still reads.
func TestPeakActivations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := chains.DrawPlan(t)
		bytes := func(i int) int64 {
			if i == space.Image {
				return 4 * int64(p[0].Layer.H*p[0].Layer.W*p[0].Layer.InC)
			}
			l := p[i].Layer
			return 4 * int64(l.OutH()*l.OutW()*l.OutC)
		}
		var want int64
		for now := range p {
			live := bytes(now)
			for i := space.Image; i < now; i++ {
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
			t.Fatalf("peak %d bytes; want %d\n%s", got, want, chains.Text(p))
		}
	})
}

// TestPeakOfStepsReadTwice: a buffer that one step reads twice is freed once.
func TestPeakOfStepsReadTwice(t *testing.T) {
	l := space.Layer{Op: space.Conv, H: 2, W: 2, InC: 2, OutC: 2, K: space.Square(1), S: 1, G: 1}
	add := space.Layer{Op: space.Add, H: 2, W: 2, InC: 2, OutC: 2, FanIn: 2}
	p := space.Plan{{Layer: l, In: []int{space.Image}}, {Layer: add, In: []int{0, 0}}, {Layer: l, In: []int{1}}}
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
	var p space.Plan
	if p.FLOPs() != 0 || p.Params() != 0 || p.PeakActivations() != 0 {
		t.Error("an empty plan costs something")
	}
}

// TestValidateFindsFaults breaks a good plan in every field that must hold.
func TestValidateFindsFaults(t *testing.T) {
	ch := chains.New(t, chain.Config{Stem: 8, Layers: 3, Ops: []string{"sep3x3", "maxpool3x3"}, Widths: []int{8}, Skips: true})
	a, err := ch.Space().Parse("sep3x3:8 maxpool3x3:8 sep3x3:8+0")
	if err != nil {
		t.Fatal(err)
	}
	find := func(p space.Plan, op space.Op) *space.Step {
		i := slices.IndexFunc(p, func(s space.Step) bool { return s.Layer.Op == op })
		return &p[i]
	}
	faults := map[string]func(space.Plan){
		"op":        func(p space.Plan) { p[1].Layer.Op = 99 },
		"act":       func(p space.Plan) { p[1].Layer.Act = 99 },
		"height":    func(p space.Plan) { p[1].Layer.H = 0 },
		"width":     func(p space.Plan) { p[1].Layer.W++ },
		"channels":  func(p space.Plan) { p[1].Layer.InC = 1 << 20 },
		"groups":    func(p space.Plan) { p[1].Layer.G = 3 },
		"no groups": func(p space.Plan) { p[1].Layer.G = 0 },
		"kernel":    func(p space.Plan) { p[1].Layer.K = space.Square(0) },
		"stride":    func(p space.Plan) { find(p, space.MaxPool).Layer.S = 0 },
		"pool":      func(p space.Plan) { find(p, space.MaxPool).Layer.OutC = 4 },
		"weight":    func(p space.Plan) { p[1].Weight = "" },
		"pool's":    func(p space.Plan) { find(p, space.MaxPool).Weight = "w" },
		"bias":      func(p space.Plan) { find(p, space.Linear).Bias = false },
		"inputs":    func(p space.Plan) { p[1].In = nil },
		"two":       func(p space.Plan) { p[1].In = []int{0, 0} },
		"fan-in":    func(p space.Plan) { find(p, space.Add).Layer.FanIn = 3 },
		"later":     func(p space.Plan) { p[1].In = []int{1} },
		"below":     func(p space.Plan) { p[1].In = []int{-2} },
		"too small": func(p space.Plan) {
			p[0].Layer.K, p[0].Layer.S, p[0].Layer.H, p[0].Layer.W = space.Square(254), 2, 1, 1
		},
		"too large":  func(p space.Plan) { p[0].Layer.K = space.Square(256) },
		"too wide":   func(p space.Plan) { p[0].Layer.K.W = 256 },
		"no height":  func(p space.Plan) { p[0].Layer.K.H = 0 },
		"large pool": func(p space.Plan) { find(p, space.MaxPool).Layer.K = space.Square(17) },
		"other size": func(p space.Plan) { find(p, space.Linear).Layer.InC = 7 },
		"map":        func(p space.Plan) { find(p, space.GlobalPool).Layer.Op = space.Add; find(p, space.Linear).Layer.H = 2 },
		"norm":       func(p space.Plan) { p[1].Norm = p[0].Weight },
		"role":       func(p space.Plan) { p[1].Weight = p[0].Weight },
		"bias name":  func(p space.Plan) { p[1].Weight = "classifier.bias" },
		"scale name": func(p space.Plan) { p[1].Weight = p[0].Norm + ".scale" },
		"mean name":  func(p space.Plan) { p[1].Norm = p[0].Norm + ".mean" },
		"fold's":     func(p space.Plan) { p[1].Norm = p[0].Weight + ".bias" },
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
		if _, err := space.NewFixed(p); err == nil {
			t.Errorf("%s: a family is made of it", name)
		}
	}
	if err := (space.Plan{}).Validate(); err == nil {
		t.Error("a plan without steps is valid")
	}
}

// TestValidateTellsTheFault: what a plan is refused for is what is wrong.
func TestValidateTellsTheFault(t *testing.T) {
	image := []int{space.Image}
	conv := func(weight, norm string, k, g int) space.Step {
		return space.Step{Layer: space.Layer{Op: space.Conv, H: 20, W: 20, InC: 4, OutC: 4, K: space.Square(k), S: 1, G: g}, Weight: weight, Norm: norm, Bias: norm == "", In: image}
	}
	for _, c := range []struct {
		want string
		plan space.Plan
	}{
		{"step 0 (maxpool17x17s1 20x20x4->4): kernel is 17; want 1 to 16", space.Plan{{Layer: space.Layer{Op: space.MaxPool, H: 20, W: 20, InC: 4, OutC: 4, K: space.Square(17), S: 1}, In: image}}},
		{"taps are 2 pixels apart; want 2 to 16 of convolutions with more than one, 0 otherwise", space.Plan{{Layer: space.Layer{Op: space.MaxPool, H: 9, W: 9, InC: 4, OutC: 4, K: space.Square(3), S: 1, Dil: 2}, In: image}}},
		{"taps are 17 pixels apart", space.Plan{{Layer: space.Layer{Op: space.Conv, H: 40, W: 40, InC: 4, OutC: 4, K: space.Square(3), S: 1, G: 1, Dil: 17}, Weight: "a", In: image}}},
		{"taps are 2 pixels apart", space.Plan{{Layer: space.Layer{Op: space.Conv, H: 9, W: 9, InC: 4, OutC: 4, K: space.Square(1), S: 1, G: 1, Dil: 2}, Weight: "a", In: image}}},
		{"reads a map of 2 x 1 pixels; want 1 x 1", space.Plan{{Layer: space.Layer{Op: space.Linear, H: 2, W: 1, InC: 4, OutC: 2}, Weight: "a", Bias: true, In: image}}},
		{"kernel is 2; want it to fit into 1 x 3 pixels with 0 of padding", space.Plan{{Layer: space.Layer{Op: space.AvgPool, H: 1, W: 3, InC: 4, OutC: 4, K: space.Square(2), S: 2}, In: image}}},
		{`step 0 (conv3x3s1 20x20x4->4): "a.bias" is a name of step 1, and that of a part of "a"`, space.Plan{conv("a", "", 3, 1), conv("a.bias", "", 3, 1)}},
		{`"n.scale" is a name of step 1, and that of a part of "n"`, space.Plan{conv("a", "n", 3, 1), conv("n.scale", "", 3, 1)}},
		{`reads "a" as a depthwise filter of odd size, step 0 as a dense weight of odd size`, space.Plan{conv("a", "", 3, 1), conv("a", "", 3, 4)}},
		{`reads "a" as a dense weight of even size, step 0 as a dense weight of odd size`, space.Plan{conv("a", "", 3, 1), conv("a", "", 2, 1)}},
		{`reads "a" as a norm, step 0 as a weight of 2 groups, 4 channels in, 4 out`, space.Plan{conv("a", "a", 3, 2)}},
	} {
		if err := c.plan.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v; want %s", err, c.want)
		}
	}
	shared := space.Plan{conv("a", "n", 3, 1), conv("a", "n", 5, 1), conv("b", "m", 2, 4), conv("c", "", 4, 2)}
	if err := shared.Validate(); err != nil {
		t.Errorf("a plan whose steps share what they can share: %v", err)
	}
}
