package search

import (
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/data"
)

// Other test pictures change the test accuracies and nothing else: no weight, no
// trial, no choice, no network file.
func TestTestPicturesDecideNothing(t *testing.T) {
	w := newWorld(t, asPredicted)
	a := w.search("a")
	writeIDX(t, w.dir, "t10k", netPictures(netTest-20, 9, 0))
	b := w.search("b")
	if d := cmp.Diff(a.trials, b.trials); d != "" {
		t.Errorf("trials depend on the test pictures:\n%s", d)
	}
	if a.net.Hash() != b.net.Hash() {
		t.Error("weights depend on the test pictures")
	}
	if d := cmp.Diff(a.report, b.report, cmpopts.IgnoreFields(report.Network{}, "Test", "TestError", "ByClass", "Seconds"), cmpopts.IgnoreFields(report.Report{}, "Phases", "Test"), cmpopts.IgnoreFields(report.Data{}, "Test", "Majority"), cmpopts.IgnoreFields(report.Checks{}, "Fingerprint")); d != "" {
		t.Errorf("the report depends on the test pictures:\n%s", d)
	}
	differ := false
	for i, n := range a.report.Pareto {
		if file(t, a.dir, n.File) != file(t, b.dir, n.File) {
			t.Errorf("%s depends on the test pictures", n.File)
		}
		differ = differ || *n.Test != *b.report.Pareto[i].Test
	}
	if !differ {
		t.Error("no test accuracy depends on the test pictures")
	}
}

func file(t *testing.T, d *rundir.Dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(d.Path(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Other validation pictures change accuracies and choices, but neither the
// normalisation nor a weight.
func TestValidationPicturesTeachNothing(t *testing.T) {
	w := newWorld(t, asPredicted)
	a := w.search("a")
	all := netPictures(netTrain, 1, 20)
	for i := range all.Len() {
		if holds(a.splits.Val, all.Image(i)) {
			copy(all.Image(i), netPictures(1, uint64(1000+i), 90).Pix)
		}
	}
	writeIDX(t, w.dir, "train", all)
	b := w.search("b")
	if slices.Equal(pixelsOf(a.splits.Val), pixelsOf(b.splits.Val)) || !slices.Equal(pixelsOf(a.splits.Train), pixelsOf(b.splits.Train)) {
		t.Fatal("the pictures of the wrong split were exchanged")
	}
	if a.net.Hash() != b.net.Hash() {
		t.Error("weights depend on the validation pictures")
	}
	if d := cmp.Diff(a.norm, b.norm); d != "" {
		t.Errorf("the normalisation depends on the validation pictures:\n%s", d)
	}
	if cmp.Equal(a.trials, b.trials) {
		t.Error("no trial depends on the validation pictures")
	}
}

func holds(s *data.Set, picture []uint8) bool {
	for i := range s.Len() {
		if slices.Equal(s.Image(i), picture) {
			return true
		}
	}
	return false
}

// A network that was tested is not tested again: what the folder says of it
// counts.
func TestEveryNetworkIsTestedOnce(t *testing.T) {
	w := newWorld(t, asPredicted)
	a := w.search("run")
	const mark = 0.4375
	name := a.report.Pareto[0].Name
	a.state.Tests[name] = tested{score: score{Accuracy: mark}}
	if err := a.state.save(a.dir); err != nil {
		t.Fatal(err)
	}
	b := w.search("run")
	if got := *b.report.Pareto[0].Test; got != mark {
		t.Errorf("a resumed run reports %v for %s; want %v, which the folder held", got, name, mark)
	}
	if b.report.Test.Networks != a.report.Test.Networks {
		t.Errorf("%d networks tested, then %d", a.report.Test.Networks, b.report.Test.Networks)
	}
}

// A run that goes on from a part of its trials ends with all of them, in order.
func TestTrialsAreReplayedInOrder(t *testing.T) {
	w := newWorld(t, asPredicted)
	a := w.search("run")
	for _, keep := range []int{5, 12, 30, len(a.trials) - 3} {
		if err := rundir.WriteLines(a.dir.Path(rundir.Trials), a.trials[:keep]); err != nil {
			t.Fatal(err)
		}
		b := w.search("run")
		if d := cmp.Diff(a.trials, b.trials); d != "" {
			t.Fatalf("after %d trials the run goes on otherwise:\n%s", keep, d)
		}
		if d := cmp.Diff(a.report.Pareto, b.report.Pareto, cmpopts.IgnoreFields(report.Network{}, "Seconds")); d != "" {
			t.Errorf("after %d trials the run chooses otherwise:\n%s", keep, d)
		}
	}
}
