package supernet

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/checkpoint"
)

// sweepEvery makes the sweep over damaged files take more of them.
var sweepEvery = flag.Int("sweep", 0, "TestDamagedFilesAreRefused: every byte and length of headers, and every N-th of payloads, through every reader; 0: a sample")

// No damage of a byte and no length that is too short gets into weights: readers of every
// kind of file refuse it and name the file and the place. A sample of the bytes is tried,
// some of them through the readers too; with -sweep N every byte and length of headers and every N-th of
// payloads, through all.
func TestDamagedFilesAreRefused(t *testing.T) {
	e, c, dir := exec(t, 1), smallChain(t), t.TempDir()
	o := trainOptions
	o.Average = 0.2
	tr := trainer(t, e, c, sampler(t, "uniform", c), o)
	run(t, tr, 3)
	training, network := filepath.Join(dir, "training.msgpack"), filepath.Join(dir, "network.msgpack")
	a := c.Extremes().Smallest
	w, err := evaluator(t, e, tr.net).Deploy(context.Background(), a, Label{Arch: c.Space().Format(a), SpaceID: c.Space().ID(), Classes: shapes(3, 1).Classes})
	if err := errors.Join(err, tr.Save(training, []byte(`{"note":1}`)), w.Save(network)); err != nil {
		t.Fatal(err)
	}
	sweep(t, network, func(path string) error { _, err := LoadNetwork(path); return err })
	fresh := trainer(t, e, c, sampler(t, "uniform", c), o)
	sweep(t, training, func(path string) error { _, err := fresh.Load(path); return err })
	if fresh.Step() != tr.Step() || fresh.net.Hash() != tr.net.Hash() || fresh.Averaged().Hash() != tr.Averaged().Hash() {
		t.Error("a damaged file changed the trainer that refused it")
	}
	onlyReadTensorsCount(t, training, New(c, 7), tr.Averaged())
}

// onlyReadTensorsCount demands that a net refuses damage in the weights that it takes, the
// averaged ones, and that no other damage gets into them.
func onlyReadTensorsCount(t *testing.T, path string, net, want *Net) {
	t.Helper()
	h, err := checkpoint.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	taken := make(map[string]bool)
	for _, p := range net.params {
		taken[averageName(p.Name)] = true
	}
	for _, in := range h.Tensors {
		b[in.Offset] ^= 1
		if err := os.WriteFile(path+".damaged", b, 0o600); err != nil {
			t.Fatal(err)
		}
		b[in.Offset] ^= 1
		_, err := net.Load(path + ".damaged")
		if taken[in.Name] != (err != nil) || err != nil && !strings.Contains(err.Error(), in.Name) {
			t.Errorf("damage in %s: %v; want an error for averaged weights only", in.Name, err)
		}
		if err == nil && net.Hash() != want.Hash() {
			t.Errorf("damage in %s got into the weights", in.Name)
		}
	}
}

// sweep changes every byte of a file and cuts it at every length.
func sweep(t *testing.T, path string, load func(path string) error) {
	t.Helper()
	if err := load(path); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h, err := checkpoint.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	try := func(what string, at int, b []byte, through bool) {
		_, err := checkpoint.Decode(bytes.NewReader(b), int64(len(b)))
		if err == nil {
			t.Fatalf("%s at byte %d of %d is not noticed", what, at, len(whole))
		}
		if !through && *sweepEvery == 0 {
			return
		}
		tried++
		other := path + ".damaged"
		if err := os.WriteFile(other, b, 0o600); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(other)
		var fault *checkpoint.FormatError
		if err = load(other); !errors.As(err, &fault) || fault.File != other || fault.Field == "" {
			t.Fatalf("%s at byte %d: %v; want a fault that names file and place", what, at, err)
		}
		if k := slices.IndexFunc(h.Tensors, func(in checkpoint.Info) bool { return int64(at) >= in.Offset && int64(at) < in.Offset+in.Bytes }); what == "change" && k >= 0 && !strings.Contains(err.Error(), h.Tensors[k].Name) {
			t.Fatalf("%s at byte %d: %v; want tensor %q named", what, at, err, h.Tensors[k].Name)
		}
	}
	payload := len(whole)
	if len(h.Tensors) > 0 {
		payload = int(h.Tensors[0].Offset)
	}
	inHeader, inPayload, through := 29, 2003, 7 // primes: bytes of all places within values and names
	if *sweepEvery > 0 {
		inHeader, inPayload = 1, *sweepEvery
	}
	step := inHeader
	for at, n := 0, 0; at < len(whole); at, n = at+step, n+1 {
		if at >= payload {
			step = inPayload
		}
		whole[at] ^= 1 << (at % 8)
		try("change", at, whole, n%through == 0)
		whole[at] ^= 1 << (at % 8)
		try("cut", at, whole[:at], n%through == 0)
	}
	t.Logf("%s: %d bytes, %d damaged files through its reader", filepath.Base(path), len(whole), tried)
}
