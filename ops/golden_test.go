package ops_test

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

var goldenDir = flag.String("golden", filepath.Join("testdata", "golden"), "folder with index.json and data.f32 of the golden cases, relative to this package or to the repository")

// golden is one case: inputs and the results of an independent implementation
// in float64 (see producer in index.json).
type golden struct {
	Name   string
	Op     string
	Params struct {
		Stride, Pad, Dilation, Groups int
		Kind, Fn                      string
		Kernel                        int
		Momentum, Eps                 float64
		LR                            float64
		Beta1, Beta2                  float64
		WeightDecay                   float64 `json:"weight_decay"`
		LabelSmoothing                float32 `json:"label_smoothing"`
		Nesterov                      bool
		GateOrder                     string `json:"gate_order"`
	}
	Tensors map[string]struct {
		Offset int
		Shape  []int
	}

	t    *testing.T
	data []float32
	read map[string]bool // tensors that the test looked at
}

// goldenOps maps the op of a case to the test that knows it.
var goldenOps = map[string]func(*golden, *ops.Exec){
	"conv2d":             (*golden).conv,
	"pool":               (*golden).pool,
	"activation":         (*golden).activation,
	"batchnorm":          (*golden).batchNorm,
	"global_avg_pool":    (*golden).globalAvgPool,
	"squeeze_excite":     (*golden).squeezeExcite,
	"linear":             (*golden).linear,
	"cross_entropy":      (*golden).crossEntropy,
	"soft_cross_entropy": (*golden).softCrossEntropy,
	"lstm_cell":          (*golden).lstmCell,
	"optimizer":          (*golden).optimizer,
	"kernel_transform":   (*golden).kernelTransform,
	"train_trajectory":   (*golden).trajectory,
}

// TestGolden checks every case of the golden folder with every kernel set. A
// case whose op or tensor it does not know fails.
func TestGolden(t *testing.T) {
	cases, data := readGolden(t, *goldenDir)
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		for _, c := range cases {
			t.Run(c.Name, func(t *testing.T) {
				run, ok := goldenOps[c.Op]
				if !ok {
					t.Fatalf("op %q is not known to this test", c.Op)
				}
				c.t, c.data, c.read = t, data, map[string]bool{}
				run(&c, e)
				for name := range c.Tensors {
					if !c.read[name] {
						t.Errorf("tensor %q was not used", name)
					}
				}
			})
		}
	})
}

func readGolden(t *testing.T, dir string) ([]golden, []float32) {
	t.Helper()
	if root := filepath.Join("..", dir); !filepath.IsAbs(dir) && !isDir(dir) && isDir(root) {
		dir = root
	}
	text, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index struct{ Cases []golden }
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "data.f32"))
	if err != nil {
		t.Fatal(err)
	}
	data := make([]float32, len(raw)/4)
	for i := range data {
		data[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	if len(index.Cases) == 0 {
		t.Fatal("index.json holds no case")
	}
	return index.Cases, data
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// at returns a tensor's values as stored.
func (g *golden) at(name string) []float32 {
	g.t.Helper()
	v, ok := g.Tensors[name]
	if !ok {
		g.t.Fatalf("tensor %q is missing", name)
	}
	g.read[name] = true
	n := 1
	for _, d := range v.Shape {
		n *= d
	}
	return g.data[v.Offset : v.Offset+n]
}

func (g *golden) shape(name string) []int { return g.Tensors[name].Shape }

// dims returns a tensor's N, C, H, W; missing trailing ones are 1.
func (g *golden) dims(name string) (n, c, h, w int) {
	s := append(append([]int(nil), g.shape(name)...), 1, 1)
	return s[0], s[1], s[2], s[3]
}

// image returns activations in channels-last order.
func (g *golden) image(name string) []float32 {
	n, c, h, w := g.dims(name)
	return nhwc(g.at(name), n, c, h, w)
}

// input returns activations as a tensor that gets a gradient while training.
func (g *golden) input(e *ops.Exec, name string) *ops.Tensor {
	n, c, h, w := g.dims(name)
	return variable(e, n, h, w, c, g.image(name))
}

// check compares activations, or their gradients, in channels-last order.
func (g *golden) check(name string, got []float32, tol float64) {
	g.t.Helper()
	near(g.t, name, got, g.image(name), tol)
}

// flat compares values in stored order.
func (g *golden) flat(name string, got []float32, tol float64) {
	g.t.Helper()
	near(g.t, name, got, g.at(name), tol)
}

func (g *golden) dense(name string, groups int) *ops.Param {
	o, i, k, _ := g.dims(name)
	return g.load(ops.NewDense(name, o, i*groups, k, k, groups), name)
}

func (g *golden) vector(name string) *ops.Param {
	return g.load(ops.NewVector(name, g.shape(name)[0]), name)
}

func (g *golden) load(p *ops.Param, name string) *ops.Param {
	g.t.Helper()
	if err := p.ImportOIHW(g.at(name)); err != nil {
		g.t.Fatal(err)
	}
	return p
}

func (g *golden) grad(name string, p *ops.Param, tol float64) {
	g.t.Helper()
	g.flat(name, p.All().ExportGrad(nil), tol)
}
