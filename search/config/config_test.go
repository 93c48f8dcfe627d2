package config

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/supernet"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/supernet/space/chain"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// write puts text into a file and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func resolved(t *testing.T, c Config) Config {
	t.Helper()
	if err := c.Space.Resolve(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaultIsValidInEveryPreset(t *testing.T) {
	for _, preset := range []string{"", "chain", "basic"} {
		c := Default()
		c.Space.Preset = preset
		c = resolved(t, c)
		if err := c.Validate(); err != nil {
			t.Errorf("preset %q: %v", preset, err)
		}
	}
}

// A toggle is written as people write it, and read back.
func TestToggle(t *testing.T) {
	for text, want := range map[string]Toggle{"true": On, "on": On, "false": Off, "off": Off, "auto": Auto, `"true"`: On} {
		c := Default()
		if err := decode("x.yaml", []byte("train: {flip: "+text+"}"), &c); err != nil || c.Train.Flip != want {
			t.Errorf("%s is read as %q (%v); want %q", text, c.Train.Flip, err, want)
		}
	}
	c := Default()
	if err := decode("x.yaml", []byte("train: {flip: maybe}"), &c); err == nil || !strings.Contains(err.Error(), "neither true") {
		t.Errorf("maybe: %v", err)
	}
}

func TestAmounts(t *testing.T) {
	for text, want := range map[string]Amount{"auto": AutoAmount, "0": 0, "3": 3, "2.5": 2.5} {
		c := Default()
		if err := decode("x.yaml", []byte("train: {plain: "+text+"}"), &c); err != nil || c.Train.Plain != want {
			t.Errorf("%s is read as %v (%v); want %v", text, c.Train.Plain, err, want)
		}
		if back, err := want.MarshalText(); err != nil || string(back) != text {
			t.Errorf("%v is written as %q (%v); want %q", want, back, err, text)
		}
	}
	for _, text := range []string{"some", "-2", "-1"} {
		c := Default()
		if err := decode("x.yaml", []byte("train: {plain: "+text+"}"), &c); err == nil || !strings.Contains(err.Error(), "nor auto") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestEnergies(t *testing.T) {
	for text, want := range map[string]Energy{"3mJ": 3e-3, "0.5J": 0.5, "250uJ": 250e-6, "12µJ": 12e-6, "0": 0, "0J": 0, "1e-3J": 1e-3} {
		c := Default()
		if err := decode("x.yaml", []byte("limits: {energy: "+text+"}"), &c); err != nil || math.Abs(float64(c.Limits.Energy-want)) > 1e-15 {
			t.Errorf("%s is read as %v (%v); want %v", text, c.Limits.Energy, err, want)
		}
	}
	for _, text := range []string{"3", "mJ", "-1J", "NaNJ", "InfJ", "3 kWh"} {
		c := Default()
		if err := decode("x.yaml", []byte("limits: {energy: "+text+"}"), &c); err == nil || !strings.Contains(err.Error(), "such as 3mJ") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestLoadOverlaysDefaults(t *testing.T) {
	c, err := Load(write(t, "seed: 7\ntrain:\n  lr: 0.2\nlimits:\n  latency: 1ms\n  flops: 20M\nfinish: {networks: 3}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Seed, want.Train.LR = 7, 0.2
	want.Limits.Latency, want.Limits.FLOPs = time.Millisecond, 20e6
	want.Finish.Networks = 3
	if d := cmp.Diff(want, c); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
	for _, empty := range []string{"", "# nothing\n", "---\n"} {
		if c, err = Load(write(t, empty)); err != nil || !cmp.Equal(c, Default()) {
			t.Errorf("%q is %+v, %v; want the defaults", empty, c, err)
		}
	}
}

func TestDurations(t *testing.T) {
	c, err := Load(write(t, "budget: \"90s\" # quoted\nlimits: {latency: 0}\nfinish: {reach: \"0\"}\ntrain:\n  checkpoint: 1h30m # plain\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Budget != 90*time.Second || c.Limits.Latency != 0 || c.Finish.Reach != 0 || c.Train.Checkpoint != 90*time.Minute {
		t.Errorf("budget %v, latency %v, reach %v, checkpoint %v; want 1m30s, 0s, 0s and 1h30m0s", c.Budget, c.Limits.Latency, c.Finish.Reach, c.Train.Checkpoint)
	}
	if _, err := Load(write(t, "train:\n  checkpoint: 3\n")); err == nil || !strings.Contains(err.Error(), `[2:15] train.checkpoint is "3"; want a duration such as 20m`) {
		t.Errorf("a number without a unit: %v; want where it stands, and a duration", err)
	}
}

func TestKernelByNameOrSection(t *testing.T) {
	for text, want := range map[string]Kernel{
		"kernel: avx2\n": "avx2", "kernel: avx512-direct\n": "avx512-direct", "kernel: {winograd: false}\n": "direct", "kernel:\n  winograd: true\n": "",
		"kernel: {set: avx2, winograd: false}\n": "avx2-direct", "kernel: {set: avx512}\n": "avx512", "kernel: {set: go, winograd: false}\n": "go",
	} {
		c, err := Load(write(t, text))
		if err != nil || c.Kernel != want {
			t.Errorf("%q: %q, %v; want %q", text, c.Kernel, err, want)
			continue
		}
		c = resolved(t, c)
		if err := c.Validate(); err != nil || saved(t, c).Kernel != want {
			t.Errorf("%q: %v, and %q of what was saved; want %q", text, err, saved(t, c).Kernel, want)
		}
	}
	for text, want := range map[string]string{
		"kernel: {winograd: maybe}\n": "[1:20]", "kernel: {winogard: false}\n": `"winogard"`, "kernel: [avx2]\n": "[1:9]", "kernel: {set: avx2-direct, winograd: false}\n": "want an instruction set",
	} {
		if _, err := Load(write(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want an error with %s", text, err, want)
		}
	}
}

func TestSavedDocumentReadsBackEqual(t *testing.T) {
	c := resolved(t, Default())
	c.Kernel, c.Data.Dir, c.Train.Steps = "avx2", "some where: #1", 12345
	c.Limits.Params, c.Train.LR, c.Seed = 250e3, 1.0/3, 1<<63+1
	c.Predictor.Ranks = []int{0, 4}
	c.Limits.Memory, c.Limits.Elsewhere = 1<<40+1, []Elsewhere{{Table: "some: where/phone.json", Latency: 1500 * time.Microsecond}}
	c.Device.Probe, c.Device.Probed, c.Limits.Energy = "sh 'a b.sh' # 1", []int{12, 8}, 3.3e-3
	if d := cmp.Diff(c, saved(t, c)); d != "" {
		t.Errorf("differs (-saved +read):\n%s", d)
	}
}

func TestStrictness(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown field", "train:\n  lr: 0.1\n  leraning: 3\n", `[3:3] unknown field "leraning"`},
		{"unknown section", "trian:\n  lr: 0.1\n", `[1:1] unknown field "trian"`},
		{"wrong type", "train:\n  batch: many\n", "[2:10]"},
		{"given twice", "seed: 1\nseed: 2\n", "[2:1]"},
		{"no duration", "budget: soon\n", "soon"},
		{"no count", "limits: {flops: 1.5}\n", "1.5"},
		{"no value", "seed: 1\ntrain:\n", "[2:"},
		{"no YAML", "seed: [1\n", "[1:"},
		{"two documents", "seed: 1\n---\nseed: 2\n", "more than one document"},
		{"unknown in space", "space:\n  chain:\n    layers: 3\n    wdiths: [1]\n", `[4:5] unknown field "wdiths"`},
	} {
		path := write(t, c.text)
		_, err := Load(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v; want the path and %q", c.name, err, c.want)
		}
	}
	if _, err := Load(write(t, strings.Repeat("#", maxFile+1))); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a huge file: %v; want an error that says more than", err)
	}
}

// All keys and values that do not fit are told at once, each with its place, its field and what is wanted.
func TestAllMisfitsAreTold(t *testing.T) {
	path := write(t, `seed: one
budget: 20 minutes
colour: blue
train: {steps: 2.5, batch: [1, 2], lr: fast, nesterov: maybe, plain: some}
predictor:
  ranks: [1, two, 3]
limits:
  flops: 1.5
  energy: 3
  elsewhere:
  - {table: x.json, latency: soon}
  - {tabel: y.json}
search: 7
data: {dir: {}, label_pattern: [a]}
space:
  chain:
    layers: three
    widths: [8, x]
    overrides: [{layer: 1.5, opps: []}]
    at_most: {pool: x, sep: 2.5}
finish: {replans: {a: [{at: soon}]}}
`)
	_, err := Load(path)
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	for i, want := range []string{
		"config: " + path + ": 23 faults",
		`[1:7] seed is "one"; want a whole number of at least 0`,
		`[2:9] budget is "20 minutes"; want a duration such as 20m`,
		`[3:1] unknown field "colour"; want one of `,
		`[4:16] train.steps is "2.5"; want a whole number`,
		`[4:28] train.batch is a list; want a whole number`,
		`[4:40] train.lr is "fast"; want a number`,
		`[4:56] train.nesterov is "maybe"; want true or false`,
		`[4:70] train.plain: "some" is neither a number from 0 on nor auto`,
		`[6:14] predictor.ranks[1] is "two"; want a whole number`,
		`[8:10] limits.flops: "1.5" is no count`,
		`[9:11] limits.energy: "3" is no energy`,
		`[11:30] limits.elsewhere[0].latency is "soon"; want a duration such as 20m`,
		`[12:6] unknown field "tabel"; want one of latency, table`,
		`[13:9] search is "7"; want a section of fields`,
		`[14:13] data.dir is a section; want text`,
		`[14:32] data.label_pattern is a list; want text`,
		`[17:13] space.chain.layers is "three"; want a whole number`,
		`[18:17] space.chain.widths[1] is "x"; want a whole number`,
		`[19:25] space.chain.overrides[0].layer is "1.5"; want a whole number`,
		`[19:30] unknown field "opps"; want one of layer, ops, widths`,
		`[20:21] space.chain.at_most.pool is "x"; want a whole number`,
		`[20:29] space.chain.at_most.sep is "2.5"; want a whole number`,
		`[21:29] finish.replans.a[0].at is "soon"; want a whole number`,
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d of\n%v\nwant %q", i, err, want)
		}
	}
}

// A document of another kind is told as such.
func TestOtherKindsOfDocuments(t *testing.T) {
	for text, want := range map[string]string{
		"- 1\n": "[1:1] the document is a list; want a section of fields",
		"7\n":   `[1:1] the document is "7"; want a section of fields`,
	} {
		if _, err := Load(write(t, text)); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

// What Validate finds tells where it stands in the file, unless a flag has set it.
func TestFaultsAreLocated(t *testing.T) {
	path := write(t, `seed: 3
budget: -20m
train:
  steps: -4
  batch: 0
  sampler: lazy
limits: {flops: 20M, elsewhere: [{table: x.json, latency: -1ms}]}
predictor: {ranks: [1, 65]}
space:
  chain: {stem: 16, layers: 0, ops: [conv3x3, conv9x9], widths: [8]}
`)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	c.Train.Steps, c.Workers = -5, -1 // flags
	err = c.Ready()
	located := Located(err, path)
	text := located.Error()
	if !strings.HasPrefix(text, "configuration "+path+":\n") {
		t.Errorf("%v; want the file named first", located)
	}
	for _, want := range []string{
		`[2:9] budget is "-20m0s"`, "\ntrain.steps is -5", "[5:10] train.batch is 0", `[6:12] train.sampler is "lazy"`, `[7:59] limits.elsewhere[0].latency is "-1ms"`,
		"\nworkers is -1", "[10:29] space.chain: layers: 0", `[10:47] space.chain: ops: operation "conv9x9"`, "[8:24] predictor.ranks is 65",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%v", want, located)
		}
	}
	if other := errors.New("other"); Located(other, path) != other || Located(nil, path) != nil || Located(err, "") != err || Located(err, path+"x") != err {
		t.Error("another error, or one without a file, is changed")
	}
}

func TestValidateReportsEveryFault(t *testing.T) {
	c := resolved(t, Default())
	c.Workers, c.Train.LR, c.Search.Strategy, c.Predictor.Folds = -1, 0, "guess", 1
	c.Space.Declaration.(*chain.Config).Layers = 0
	err := c.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"workers is -1; want 0 or more", "train.lr is 0; want more than 0", `search.strategy is "guess"; want one of`,
		"predictor.folds is 1", "space.chain: layers",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
}

// spoilt breaks one field of a document each, by what the error is to name.
var spoilt = map[string]func(*Config){
	"budget":                    func(c *Config) { c.Budget = 0 },
	"kernel":                    func(c *Config) { c.Kernel = "sse" },
	"kernel is":                 func(c *Config) { c.Kernel = "go-direct" },
	"data.validation":           func(c *Config) { c.Data.Validation = 0 },
	"data.test":                 func(c *Config) { c.Data.Test = 1 },
	"data.size":                 func(c *Config) { c.Data.Size = 32 },
	"train.sampler":             func(c *Config) { c.Train.Sampler = "lazy" },
	"train.random":              func(c *Config) { c.Train.Random = -1 },
	"train.random is 0":         func(c *Config) { c.Train.Sampler, c.Train.Random = "worstup", 0 },
	"train.alone":               func(c *Config) { c.Train.Alone = 1.5 },
	"train.batch":               func(c *Config) { c.Train.Batch = 0 },
	"train.steps":               func(c *Config) { c.Train.Steps = -1 },
	"train.epochs":              func(c *Config) { c.Train.Steps, c.Train.Epochs = 1, 1 },
	"train.min_lr":              func(c *Config) { c.Train.MinLR = 9 },
	"train.warmup":              func(c *Config) { c.Train.Warmup = 1 },
	"train.auxiliary":           func(c *Config) { c.Train.Auxiliary = -1 },
	"train.drop_path":           func(c *Config) { c.Train.DropPath = 1 },
	"train.optimizer":           func(c *Config) { c.Train.Optimizer = "adam" },
	"train.muon_ratio":          func(c *Config) { c.Train.MuonRatio = 0 },
	"train.momentum":            func(c *Config) { c.Train.Momentum = 1 },
	"train.smoothing":           func(c *Config) { c.Train.Smoothing = -1 },
	"train.weight_decay":        func(c *Config) { c.Train.WeightDecay = -1 },
	"train.clip":                func(c *Config) { c.Train.Clip = -1 },
	"train.crop":                func(c *Config) { c.Train.Crop = -1 },
	"train.reflect":             func(c *Config) { c.Train.Reflect = "maybe" },
	"train.small":               func(c *Config) { c.Train.Small = 1 },
	"train.cutout":              func(c *Config) { c.Train.Cutout = -1 },
	"train.schedule":            func(c *Config) { c.Train.Schedule = "steps" },
	"train.average":             func(c *Config) { c.Train.Average = 0.6 },
	"train.erase is":            func(c *Config) { c.Train.Erase = 1.1 },
	"train.erase_most":          func(c *Config) { c.Train.EraseMost = 0.01 },
	"train.checkpoint":          func(c *Config) { c.Train.Checkpoint = 0 },
	"train.enas.every":          func(c *Config) { c.Train.Sampler, c.Train.ENAS.Every = SamplerENAS, 0 },
	"evaluate.calibration":      func(c *Config) { c.Evaluate.Calibration = 1 },
	"evaluate.batch":            func(c *Config) { c.Evaluate.Batch = 1 },
	"evaluate.images":           func(c *Config) { c.Evaluate.Images = -1 },
	"device.batch":              func(c *Config) { c.Device.Batch = 0 },
	"device.workers":            func(c *Config) { c.Device.Workers = -1 },
	"device.samples":            func(c *Config) { c.Device.Samples = 3 },
	"device: probe":             func(c *Config) { c.Device.Probe = "node 'probe.mjs" },
	"device.probed":             func(c *Config) { c.Device.Probed = []int{9, 4} },
	"predictor.model":           func(c *Config) { c.Predictor.Model = "mlp" },
	"predictor.samples":         func(c *Config) { c.Predictor.Samples = 3 },
	"predictor.ranks":           func(c *Config) { c.Predictor.Ranks = []int{65} },
	"predictor.holdout":         func(c *Config) { c.Predictor.Holdout = 0 },
	"search.score":              func(c *Config) { c.Search.Score = "taste" },
	"search.trials":             func(c *Config) { c.Search.Trials = 0 },
	"search.batch":              func(c *Config) { c.Search.Batch = 0 },
	"search.sweep":              func(c *Config) { c.Search.Sweep = 0 },
	"search.top":                func(c *Config) { c.Search.Top = 0 },
	"search.seeds":              func(c *Config) { c.Search.Seeds = 0 },
	"search.repeat":             func(c *Config) { c.Search.Repeat = -1 },
	"search.by":                 func(c *Config) { c.Search.By = "taste" },
	"search.reward.weight":      func(c *Config) { c.Search.Reward.Weight = 1 },
	"search: reward":            func(c *Config) { c.Search.Reward.Kind = "soft" },
	"search.strategies.rl":      func(c *Config) { c.Search.Strategies.LSTM.Rate = 0 },
	"strategies.rl.growth":      func(c *Config) { c.Train.Sampler, c.Search.Strategies.LSTM.Growth = SamplerENAS, 10 },
	"search.strategies: evol":   func(c *Config) { c.Search.Strategies.Evolution.Population = 1 },
	"search.strategies: local":  func(c *Config) { c.Search.Strategies.Local.Starts = 0 },
	"search.strategies: bayes":  func(c *Config) { c.Search.Strategies.Bayes.Starts = 0 },
	"search.strategies: guided": func(c *Config) { c.Search.Strategies.Guided.Window = 0 },
	"search.strategies: nsga2":  func(c *Config) { c.Search.Strategies.NSGA2.Objectives = []string{"size"} },
	"search.strategies.ppo":     func(c *Config) { c.Search.Strategies.PPO.Epochs = 0 },
	"limits.latency":            func(c *Config) { c.Limits.Latency = -1 },
	"limits.flops":              func(c *Config) { c.Limits.FLOPs = -1 },
	"limits.params":             func(c *Config) { c.Limits.Params = -1 },
	"limits.energy":             func(c *Config) { c.Limits.Energy = -1 },
	"limits.memory":             func(c *Config) { c.Limits.Memory = -1 },
	"limits.size":               func(c *Config) { c.Limits.Size = -1 },
	"limits.elsewhere[0].table": func(c *Config) { c.Limits.Elsewhere = []Elsewhere{{Latency: 1}} },
	"limits.elsewhere[1].table": func(c *Config) {
		c.Limits.Elsewhere = []Elsewhere{{Table: "a/phone.json", Latency: 1}, {Table: "b/phone.json", Latency: 1}}
	},
	"limits.elsewhere[0].latency": func(c *Config) { c.Limits.Elsewhere = []Elsewhere{{Table: "phone.json"}} },
	"finish.networks":             func(c *Config) { c.Finish.Networks = 0 },
	"finish.share":                func(c *Config) { c.Finish.Share = 1 },
	"finish.steps":                func(c *Config) { c.Finish.Steps = -1 },
	"finish.lr":                   func(c *Config) { c.Finish.LR = 0 },
	"finish.batch":                func(c *Config) { c.Finish.Batch = -1 },
	"finish.distill":              func(c *Config) { c.Finish.Distill = 1.5 },
	"finish.epochs":               func(c *Config) { c.Finish.Epochs = -1 },
	"finish.power":                func(c *Config) { c.Finish.Power = 2 },
	"finish.plan":                 func(c *Config) { c.Finish.Plan = []int{3, 0} },
	"finish.replans.search-00":    func(c *Config) { c.Finish.Replans = map[string][]supernet.Replan{"search-00": {{At: 5, Steps: 5}}} },
}

func TestValidateNamesTheField(t *testing.T) {
	for field, spoil := range spoilt {
		c := resolved(t, Default())
		spoil(&c)
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v; want an error that names it", field, err)
		}
	}
}

func TestNumbersAreFinite(t *testing.T) {
	const document = `
train: {lr: .inf, clip: .inf, momentum: .nan, muon_ratio: -.inf}
finish: {lr: .inf, epochs: 1}
search: {reward: {weight: -.inf}, strategies: {rl: {rate: .inf}}}
`
	path := write(t, document)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	c = resolved(t, c)
	err = Located(fmt.Errorf("%s%w", invalid, c.Validate()), path)
	want := strings.Join([]string{
		"configuration " + path + ":",
		"[2:59] train.muon_ratio is -Inf; want more than 0",
		"[2:41] train.momentum is NaN; want a share from 0 to below 1",
		"[2:13] train.lr is +Inf; want a finite number",
		"[2:25] train.clip is +Inf; want a finite number",
		"[4:27] search.reward.weight is -Inf; want a finite number",
		"[4:59] search.strategies.rl.rate is +Inf; want a finite number",
		"[3:14] finish.lr is +Inf; want a finite number",
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

func TestSpaceByNameOrFile(t *testing.T) {
	s, err := LoadSpace("basic")
	if c, ok := s.Declaration.(*chain.Config); err != nil || !ok || c.Name != "basic" {
		t.Errorf("basic is %+v, %v", s, err)
	}
	s, err = LoadSpace(write(t, "chain:\n  name: mine\n  stem: 8\n  layers: 2\n  ops: [conv3x3]\n  widths: [8, 16]\n  skips: false\n"))
	if c, ok := s.Declaration.(*chain.Config); err != nil || !ok || c.Layers != 2 {
		t.Errorf("a file is %+v, %v", s, err)
	}
	if _, err = LoadSpace("no such space"); err == nil || !strings.Contains(err.Error(), "chain") {
		t.Errorf("neither: %v; want an error with the known names", err)
	}
	for text, want := range map[string]string{
		"chain: {stem: 8}\npreset: basic\n": "one of them",
		"tree: {stem: 8}\n":                 "space.tree is unknown; want preset or one of [chain",
		"chain: {stems: 8}\n":               "unknown field",
		"preset: tree\n":                    `space preset "tree" is unknown`,
	} {
		if _, err := LoadSpace(write(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
	unknown := families.Space{Preset: "tree"}
	if err := unknown.Resolve(); err == nil || !strings.Contains(err.Error(), "space.preset") {
		t.Errorf("unknown preset: %v; want an error that names space.preset", err)
	}
}

// A search that has no trial to make ends a run that has trained its supernet: the round that
// follows the first rung of finishing counts, where there is one.
func TestEverySearchHasATrial(t *testing.T) {
	for _, c := range []struct {
		score             string
		top, rounds, want int
	}{{ScorePredictor, 16, 4, 5}, {ScorePredictor, 8, 1, 2}, {ScorePredictor, 7, 4, 4}, {ScoreSupernet, 16, 4, 4}} {
		d := resolved(t, Default())
		d.Search.Score, d.Search.Top, d.Search.Rounds, d.Search.Sweep = c.score, c.top, c.rounds, 3
		d.Search.Trials = 3 * c.want
		if err := d.Validate(); err != nil {
			t.Errorf("%+v: a trial for each search is refused: %v", c, err)
		}
		d.Search.Trials--
		if err := d.Validate(); err == nil || !strings.Contains(err.Error(), "search.sweep") {
			t.Errorf("%+v: a search without a trial: %v; want an error that names search.sweep", c, err)
		}
	}
}

func TestCount(t *testing.T) {
	for text, want := range map[string]Count{"0": 0, "250k": 250e3, "20M": 20e6, "1.5G": 15e8, "7": 7} {
		var c Count
		if err := c.UnmarshalText([]byte(text)); err != nil || c != want {
			t.Errorf("%s is %d, %v; want %d", text, c, err, want)
		}
	}
	for thousandths := range int64(70_000) { // in decimals every one of them is a whole number
		text := fmt.Sprintf("%d.%03d", thousandths/1000, thousandths%1000)
		for suffix, each := range map[string]int64{"k": 1, "M": 1e3, "G": 1e6} {
			var c Count
			if err := c.UnmarshalText([]byte(text + suffix)); err != nil || int64(c) != thousandths*each {
				t.Fatalf("%s%s is %d, %v; want %d", text, suffix, c, err, thousandths*each)
			}
		}
	}
	for _, text := range []string{"", "k", "-1", "1.5", "NaN", "1e300G", "3X", "0x10", "1.0001k"} {
		var c Count
		if err := c.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is %d; want an error", text, c)
		}
	}
}
