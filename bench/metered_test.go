package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// zone writes a counter of energy as Linux shows it.
func zone(t *testing.T, root, name string, microjoules, wraps int) {
	t.Helper()
	dir := filepath.Join(root, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, v := range map[string]int{"energy_uj": microjoules, "max_energy_range_uj": wraps} {
		if err := os.WriteFile(filepath.Join(dir, file), fmt.Appendf(nil, "%d\n", v), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The energy of a pass is what all packages took, their parts not counted again, also
// where a counter begins again meanwhile.
func TestEnergyOfPackages(t *testing.T) {
	root := t.TempDir()
	zone(t, root, "intel-rapl:0", 900, 1000)
	zone(t, root, "intel-rapl:1", 5000, 1000000)
	zone(t, root, "intel-rapl:0:0", 1, 1000)
	m, err := openMeter(root)
	if err != nil {
		t.Fatal(err)
	}
	passes := 0
	joules, err := m.of(t.Context(), 0, func() {
		if passes++; passes == 2 { // the first one warms up
			zone(t, root, "intel-rapl:0", 100, 1000) // 200 on
			zone(t, root, "intel-rapl:1", 5300, 1000000)
			zone(t, root, "intel-rapl:0:0", 900, 1000)
		}
	})
	if want := 500e-6; err != nil || joules < want*(1-1e-9) || joules > want*(1+1e-9) {
		t.Errorf("%v J, %v; want %v", joules, err, want)
	}
	if _, err := m.of(t.Context(), 0, func() {}); err == nil || !strings.Contains(err.Error(), "stood still") {
		t.Errorf("%v; want an error of counters that stand still", err)
	}
}

func TestNoEnergyIsSaid(t *testing.T) {
	if _, err := openMeter(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no energy counters") {
		t.Errorf("%v; want that there are none", err)
	}
	root := t.TempDir()
	zone(t, root, "intel-rapl:0", 1, 1)
	if err := os.WriteFile(filepath.Join(root, "intel-rapl:0", "energy_uj"), []byte("no\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openMeter(root); err == nil || !strings.Contains(err.Error(), "energy_uj") {
		t.Errorf("%v; want the file's name", err)
	}
}
