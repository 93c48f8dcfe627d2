package config

import (
	"strings"
	"testing"
)

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
