package search

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// netConfig is a whole search on a few pictures, without any measurement: every
// network's latency is in a file, so that equal runs give equal reports.
const netConfig = `
workers: 2
budget: 0s
data: {validation: 0.2}
space:
  chain:
    name: net
    stem: 4
    layers: 2
    ops: [conv3x3, sep3x3, avgpool3x3, identity]
    widths: [4, 8]
    skips: true
    downsample: [2]
train: {steps: 30, batch: 16, random: 1, alone: 0.2, crop: 1, plain: 0.3, checkpoint: 1h}
evaluate: {calibration: 1000, batch: 20, images: 30}
device: {batch: 4, samples: 24}
predictor: {samples: 12, folds: 3}
search: {trials: 40, rounds: 2, picks: 4, sweep: 2, top: 8, random: true}
finish: {steps: 16, networks: 2, by_size: 0}
`

// Sizes of netConfig's data.
const (
	netTrain, netTest = 240, 90 // pictures in the files; every fifth of the first evaluates candidates
	netCompared       = 30
)

// netPictures returns n pictures of 8x8 pixels, a bright row, a bright column or
// noise, all of them different.
func netPictures(n int, seed uint64, brighter int) *data.Set {
	r := rand.New(rand.NewPCG(seed, 1))
	s := &data.Set{H: 8, W: 8, C: 1, Classes: []string{"0", "1", "2"}}
	for i := range n {
		at := r.IntN(8)
		for p := range 64 {
			v := r.IntN(110) + brighter
			if (i%3 == 0 && p/8 == at) || (i%3 == 1 && p%8 == at) {
				v += 50
			}
			s.Pix = append(s.Pix, uint8(v))
		}
		s.Labels = append(s.Labels, uint16(i%3))
	}
	return s
}

// pixelsOf returns those of all pictures of a set, one after the other.
func pixelsOf(s *data.Set) (all []uint8) {
	for i := range s.Len() {
		all = append(all, s.Image(i)...)
	}
	return all
}

// writeIDX writes a set as a part of IDX files.
func writeIDX(t testing.TB, dir, part string, s *data.Set) {
	t.Helper()
	labels := make([]byte, s.Len())
	for i, l := range s.Labels {
		labels[i] = byte(l)
	}
	for name, f := range map[string]struct {
		head []uint32
		body []byte
	}{
		part + "-images-idx3-ubyte": {[]uint32{0x803, uint32(s.Len()), uint32(s.H), uint32(s.W)}, s.Pix},
		part + "-labels-idx1-ubyte": {[]uint32{0x801, uint32(s.Len())}, labels},
	} {
		var b []byte
		for _, v := range f.head {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		if err := os.WriteFile(filepath.Join(dir, name), append(b, f.body...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// calculated is a device whose latencies follow from a plan: a whole network
// takes longer than the sum of its layers.
type calculated struct{}

// Name implements bench.Device.
func (calculated) Name() string { return "calculated" }

// Time implements bench.Device.
func (calculated) Time(_ context.Context, p space.Plan, _ bench.Effort) (bench.Sample, error) {
	s := 0.0
	for _, step := range p {
		s += 2e-6 + 1e-9*float64(step.Layer.FLOPs())
	}
	if len(p) > 1 {
		s = 30e-6 + 2*s
	}
	return sampleOf(s), nil
}

func sampleOf(s float64) bench.Sample {
	return bench.Sample{Median: s, Best: 0.9 * s, Low: 0.95 * s, High: 1.1 * s, Rounds: 3}
}

// world is a folder with pictures, a configuration and latencies.
type world struct {
	t        testing.TB
	dir      string
	cfg      config.Config
	family   space.Family
	measured map[space.Arch]float64 // seconds per pass of device.batch pictures
}

// newWorld makes one; found gives the factor by which a network that a search
// chooses differs from what the latency model can know.
func newWorld(t testing.TB, found func(i int) float64) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	writeIDX(t, w.dir, "train", netPictures(netTrain, 1, 20))
	writeIDX(t, w.dir, "t10k", netPictures(netTest, 2, 70))
	path := filepath.Join(w.dir, "net.yaml")
	if err := os.WriteFile(path, []byte(netConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.cfg, err = config.Load(path); err != nil {
		t.Fatal(err)
	}
	w.cfg.Data.Dir = w.dir
	if w.family, err = OpenFamily(w.cfg); err != nil {
		t.Fatal(err)
	}
	w.cfg.Device.Table = filepath.Join(w.dir, "latency.json")
	w.measured = w.writeLatencies(w.cfg.Device.Table, calculated{}, found)
	return w
}

// writeLatencies enters all architectures into a latency file of a device: every fourth one
// as a random network, which the model learns from, the others as chosen ones. It returns
// seconds per pass.
func (w *world) writeLatencies(path string, device bench.Device, found func(i int) float64) map[space.Arch]float64 {
	w.t.Helper()
	measured := make(map[space.Arch]float64)
	table := bench.NewTable(device)
	f := latency.File{Batch: w.cfg.Device.Batch}
	i := 0
	for a := range w.family.Space().Enumerate {
		plan := w.family.Plan(a)
		layers := make([]space.Layer, len(plan))
		for k, step := range plan {
			layers[k] = step.Layer
		}
		if err := table.Measure(context.Background(), layers); err != nil {
			w.t.Fatal(err)
		}
		s, _ := device.Time(context.Background(), plan, bench.DefaultEffort)
		if i%4 != 0 {
			s = sampleOf(s.Median * found(i))
		}
		measured[a] = s.Median
		f.Networks = append(f.Networks, latency.Network{Arch: w.family.Space().Format(a), Sample: s, Found: i%4 != 0})
		i++
	}
	var err error
	if f.Table, err = json.Marshal(table); err != nil {
		w.t.Fatal(err)
	}
	if err := rundir.WriteJSON(path, f); err != nil {
		w.t.Fatal(err)
	}
	return measured
}

// seeds lets f try one seed after the other until it has seen what the test is
// about, which a change of the training may move to another one.
func seeds(t *testing.T, f func(seed uint64) (seen bool)) {
	t.Helper()
	for seed := range uint64(8) {
		if f(seed + 1) {
			return
		}
	}
	t.Error("eight seeds have not shown what the test is about")
}

func asPredicted(int) float64 { return 1 }

// searched is a search that was carried out, its run closed.
type searched struct {
	*Run
	report report.Report
	trials []rundir.Trial
	rungs  []rundir.Rung
}

// open makes a run, in a new folder unless there is one, that ends with the test.
func (w *world) open(name string) *Run {
	w.t.Helper()
	r := w.start(name)
	w.t.Cleanup(func() { w.end(r) })
	return r
}

func (w *world) end(r *Run) {
	w.t.Helper()
	if err := errors.Join(r.Close(), r.dir.Close()); err != nil {
		w.t.Error(err)
	}
}

func (w *world) start(name string) *Run {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	open := rundir.Create
	if _, err := os.Stat(path); err == nil {
		open = rundir.Open
	}
	dir, err := open(path)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.cfg.Validate(); err != nil {
		w.t.Fatal(err)
	}
	r, err := New(dir, w.cfg, Monitor{})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// search carries out a whole search, or goes on with it.
func (w *world) search(name string) searched {
	w.t.Helper()
	r := w.start(name)
	defer w.end(r)
	rep, err := r.Search(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	s := searched{Run: r, report: rep}
	if s.trials, err = rundir.ReadJournal[rundir.Trial](r.dir.Path(rundir.Trials)); err != nil {
		w.t.Fatal(err)
	}
	if s.rungs, err = rundir.ReadJournal[rundir.Rung](r.dir.Path(rundir.Finish)); err != nil {
		w.t.Fatal(err)
	}
	slices.SortFunc(s.rungs, func(a, b rundir.Rung) int { // lanes finish in any order
		return cmp.Or(cmp.Compare(a.Rung, b.Rung), cmp.Compare(a.Arm, b.Arm), cmp.Compare(a.Candidate, b.Candidate))
	})
	return s
}

// of returns the trials of an arm, whatever their round, in order.
func (s searched) of(kinds ...string) (all []rundir.Trial) {
	for _, x := range s.trials {
		if slices.Contains(kinds, armKind(x.Arm)) {
			all = append(all, x)
		}
	}
	return all
}

// on returns what finishing made of an arm's candidates on a rung, in their order.
func (s searched) on(arm string, rung int) (all []rundir.Rung) {
	for _, g := range s.rungs {
		if g.Arm == arm && g.Rung == rung {
			all = append(all, g)
		}
	}
	return all
}

// armKind returns an arm's name without its number.
func armKind(arm string) string {
	for _, kind := range []string{armRound, armSearch} {
		if strings.HasPrefix(arm, kind+" ") {
			return kind
		}
	}
	return arm
}

// rungFile returns the file of a network after a rung, within the folder.
func rungFile(g rundir.Rung) string {
	return filepath.Join(rundir.Finishing, fmt.Sprintf("%s-%02d-%d.msgpack", g.Arm, g.Candidate, g.Rung))
}

// arch parses an architecture of the world's space.
func (w *world) arch(text string) space.Arch {
	w.t.Helper()
	a, err := w.family.Space().Parse(text)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// right returns the share of the first n pictures of a set that a network gets
// right: one at a time, normalised here.
func right(t testing.TB, e *ops.Exec, n *supernet.Network, norm data.Normalization, s *data.Set, first int) float64 {
	t.Helper()
	accuracy, _ := plainScore(e, n, norm, s, first)
	return accuracy
}

// plainScore returns accuracy and mean cross entropy on the first n pictures of
// a set, computed one by one.
func plainScore(e *ops.Exec, n *supernet.Network, norm data.Normalization, s *data.Set, first int) (accuracy, loss float64) {
	for i := range first {
		e.Begin(false)
		logits := n.Forward(e, e.Input(1, s.H, s.W, s.C, plainInput(norm, s, i))).Data
		best, sum := 0, 0.0
		for k, v := range logits {
			sum += math.Exp(float64(v))
			if v > logits[best] {
				best = k
			}
		}
		if best == int(s.Labels[i]) {
			accuracy += 1 / float64(first)
		}
		loss += (math.Log(sum) - float64(logits[s.Labels[i]])) / float64(first)
	}
	return accuracy, loss
}

// plainInput returns the normalised numbers of a picture.
func plainInput(norm data.Normalization, s *data.Set, i int) []float32 {
	x := make([]float32, 0, s.H*s.W*s.C)
	for k, v := range s.Image(i) {
		x = append(x, float32((float64(v)/255-float64(norm.Mean[k%s.C]))/float64(norm.Std[k%s.C])))
	}
	return x
}

// exec returns an Exec, with the kernels of a run, that ends with the test.
func exec(t testing.TB, kernel string) *ops.Exec {
	t.Helper()
	e, err := ops.NewExec(ops.Config{Kernel: kernel, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}
