package truth

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilesReadBack(t *testing.T) {
	want := &File{
		Path: filepath.Join(t.TempDir(), "truth.csv"),
		Head: Head{
			Command: "espalier fidelity --truth a,b.csv", Data: "pictures: mine", Pictures: "01", Splits: "02", Space: "03", Seed: math.MaxUint64,
			Count: 3, Seeds: 2, Steps: 7, Batch: 5, Recipe: "{Batch:5 Steps:7}", Kernel: "go",
		},
		Rows: []Row{
			{"conv3x3:8 identity+0,1", 123456789012, 345, 3, 1, 1. / 3, math.Pi, 1e-300, 7},
			{"odd \"quotes\"", 1, 2, 0, 2, 1, 0, 0, 7},
		},
	}
	if err := want.Save(); err != nil {
		t.Fatal(err)
	}
	got, err := ReadFile(want.Path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}
