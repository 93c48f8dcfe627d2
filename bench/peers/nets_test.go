package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestOurNetworks runs every network at a batch of one. The figures of work are
// those of the definition, computed outside of this program.
func TestOurNetworks(t *testing.T) {
	works := map[string]digest{
		"conv6 1x28x28":       {89_050, 21_100_288},
		"ofa32-max 3x32x32":   {932_506, 90_920_832},
		"ofa32-min 3x32x32":   {273_162, 20_136_576},
		"ofa32-drawn 1x28x28": {419_618, 31_797_072},
	}
	var in strings.Builder
	for _, n := range networks() {
		n.batch = 1
		in.WriteString(n.request(1))
	}
	var out bytes.Buffer
	if err := serveOurs(strings.NewReader(in.String()), &out, "1"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")[1:]
	if len(lines) != len(networks()) {
		t.Fatalf("%d answers, want %d", len(lines), len(networks()))
	}
	for i, n := range networks() {
		got, err := parseAnswer(lines[i])
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(n.String(), " b")
		if want, ok := works[name]; ok && got.digest != want {
			t.Errorf("%s: work %v, want %v", n, got.digest, want)
		}
		delete(works, name)
	}
	if len(works) != 0 {
		t.Errorf("not run: %v", works)
	}
}

func TestNetworkRequests(t *testing.T) {
	for _, n := range networks() {
		got, ms, err := parseNetwork(n.request(70))
		if err != nil || got != n || ms != 70 {
			t.Errorf("%v: got %v, %d, %v", n, got, ms, err)
		}
	}
	for _, line := range []string{
		"net", "net conv6 1 28 64 fly 5", "net conv6 1 28 0 infer 5", "net conv6 1 28 64 infer many",
		"net conv7 1 28 64 infer 5", "net conv6 1 3 64 infer 5", "net ofa32-sandwich 3 32 1 infer 5", "net ofa32-max 3 0 1 infer 5",
	} {
		if err := serveOurs(strings.NewReader(line+"\n"), &bytes.Buffer{}, "1"); err == nil {
			t.Errorf("%q was accepted", line)
		}
	}
}

func TestSameWork(t *testing.T) {
	a, b := answer{digest: digest{2, 30}}, answer{digest: digest{2, 31}}
	if sameWork(a, b) || !sameWork(a, a) || !sameWork(a, answer{}) {
		t.Error("other operations pass as the same, or the same as others")
	}
}

func TestNetsReport(t *testing.T) {
	var samples []sample
	for _, n := range networks() {
		for arm, factor := range map[string]float64{ours: 1, "pytorch": 4, "onnxruntime": 1.5} {
			if n.pass == train && arm == "onnxruntime" {
				continue
			}
			for _, threads := range []int{1, 2} {
				seconds := factor * 64e-3 / float64(threads)
				samples = append(samples, sample{n.String(), n.pass, threads, 0, arm, times{seconds, seconds}, ""})
			}
		}
	}
	var b bytes.Buffer
	netsReport(&b, []byte("a machine\n"), results(samples, "median"))
	for _, want := range []string{
		"| conv6 1x28x28 b64 | 1 | 1000 |  | 250 | **4.00** | 1.60 | 2.20 |",
		"| ofa32-sandwich 3x32x32 b64 | 2 | 4000 |  | 1000 | **4.00** | 3.00 | 4.50 |",
		"| ofa32-max 3x32x32 b1 | 2 | 32000 | 48000 | 128000 | **1.50** | 1.25 | 1.67 |",
		"| ofa32-max 3x32x32 b64 | 1 | 64000 | 96000 | 256000 | **1.50** |  |  |",
		"| espalier | 18 | **2.00** | 1.85 | 1.95 |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, b.String())
		}
	}
}
