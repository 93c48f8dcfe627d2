package config

import (
	"errors"
	"strings"
	"testing"
)

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
	path = write(t, `space:
  stages:
    name: x
    stem: 8
    activation: relu
    stages:
    - {block: basic, widths: [8], depths: [1], kernels: [3], expansions: [1]}
    - {block: basic, widths: [8], depths: [1], kernels: [3], expansions: [1, .inf]}
`)
	c, err = Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := "configuration " + path + ":\n[8:74] space.stages: stages[1].expansions: [1 +Inf]; want rising numbers above 0, at most 16"
	if got := Located(c.Ready(), path); got == nil || got.Error() != want {
		t.Errorf("%v; want\n%s", got, want)
	}
	if other := errors.New("other"); Located(other, path) != other || Located(nil, path) != nil || Located(err, "") != err || Located(err, path+"x") != err {
		t.Error("another error, or one without a file, is changed")
	}
}
