package search

import (
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// Without Winograd's algorithm all of a run goes without it, and so does what goes on with it: its bits hang on that.
func TestKernelsWithoutWinograd(t *testing.T) {
	t.Setenv("ESPALIER_KERNEL", "")
	w := newWorld(t, asPredicted)
	w.cfg.Kernel = "direct"
	r := w.open("run")
	want := ops.Kernels()[0] + "-direct"
	if want == "go-direct" {
		want = "go"
	}
	now, err := FolderConfig(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := r.openLanes(2)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	for what, got := range map[string]string{"run": r.exec.Kernel(), "folder": string(now.Kernel), "lane": l.execs[0].Kernel()} {
		if got != want {
			t.Errorf("the kernels of the %s are %s; want %s", what, got, want)
		}
	}
}
