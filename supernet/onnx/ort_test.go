//go:build ort

package onnx

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// ortFolder, in the environment, is the folder whose node_modules holds
// onnxruntime-node.
const ortFolder = "ESPALIER_ORT"

// ortCase is one run of a model in ONNX Runtime; see testdata/ort.mjs.
type ortCase struct {
	Model     string `json:"model"`
	Input     string `json:"input"`
	Output    string `json:"output"`
	Dims      []int  `json:"dims"`
	Optimized bool   `json:"optimized"`
	name      string
	want      []float32
}

// TestONNXRuntimeAgrees runs every network in ONNX Runtime, at two batch sizes,
// with its graph optimisations and without, and compares the logits.
func TestONNXRuntimeAgrees(t *testing.T) {
	if os.Getenv(ortFolder) == "" {
		t.Fatalf("%s is not set; want the folder that npm installed onnxruntime-node in", ortFolder)
	}
	folder := t.TempDir()
	cases := ortCases(t, folder)
	list, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "cases.json"), list, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "ort.mjs"), folder).CombinedOutput()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, out)
	}
	t.Logf("%s", out)
	worst := 0.0
	for _, c := range cases {
		b, err := os.ReadFile(filepath.Join(folder, c.Output))
		if err != nil {
			t.Fatal(err)
		}
		have := make([]float32, len(b)/4)
		for i := range have {
			have[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		d := difference(have, c.want)
		worst = max(worst, d)
		if d > 1e-5 {
			t.Errorf("%s, input %v, optimized %t: logits differ by %.2g of the largest", c.name, c.Dims, c.Optimized, d)
		}
	}
	t.Logf("%d runs of %d models, logits differ by at most %.2g of the largest", len(cases), len(cases)/4, worst)
}

// ortCases writes models and inputs to folder.
func ortCases(t *testing.T, folder string) []ortCase {
	t.Helper()
	var cases []ortCase
	e, r := newExec(t), rand.New(rand.NewPCG(5, 2))
	for i, n := range networks(t, 20) {
		model := fmt.Sprintf("%d.onnx", i)
		if err := Save(filepath.Join(folder, model), n.net); err != nil {
			t.Fatal(err)
		}
		h, w, c := n.net.Input()
		for _, batch := range []int{1, 5} {
			x := pictures(n.net, batch, r)
			var b []byte
			for _, v := range x {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
			}
			input := fmt.Sprintf("%d-%d.in", i, batch)
			if err := os.WriteFile(filepath.Join(folder, input), b, 0o644); err != nil {
				t.Fatal(err)
			}
			want := predict(t, e, n.net, x)
			for _, optimized := range []bool{false, true} {
				output := fmt.Sprintf("%d-%d-%t.out", i, batch, optimized)
				cases = append(cases, ortCase{model, input, output, []int{batch, c, h, w}, optimized, n.name, want})
			}
		}
	}
	return cases
}
