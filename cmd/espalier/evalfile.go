package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
)

// fileEvaluation is how well a network file does on pictures.
type fileEvaluation struct {
	Network  string             `json:"network"`
	Arch     string             `json:"arch"`
	Pictures string             `json:"pictures"`
	N        int                `json:"n"`
	Accuracy float64            `json:"accuracy"` // fraction
	Error    float64            `json:"error"`    // half of the 95 % interval of the accuracy
	Balanced float64            `json:"balanced"` // mean over the classes that occur of the share of their pictures that is right
	Loss     float64            `json:"loss"`     // mean cross entropy, nats
	Majority float64            `json:"majority"` // share of the most frequent class
	Classes  []string           `json:"classes"`
	Matrix   supernet.Confusion `json:"matrix"` // [class of the picture][class that the network says]
}

// evaluateFile evaluates the network file on the pictures in a folder: the test part where there
// is one, else the validation part, else all of them.
func (c evalCmd) evaluateFile(ctx context.Context, s streams) error {
	switch {
	case c.Folder != "" || len(c.Arch) > 0 || c.File != "" || len(c.Network) > 0 || c.Test:
		return errors.New("a network file is evaluated with --data; want no --run, --arch, --file, --network or --test beside it")
	case c.Data == "":
		return errors.New("no pictures; want --data DIR to evaluate the network file on")
	}
	n, err := loadNetwork(c.Model)
	if err != nil {
		return err
	}
	set, part, err := c.pictures(n, s.err)
	if err != nil {
		return err
	}
	e, err := c.exec()
	if err != nil {
		return err
	}
	defer e.Close()
	j := fileEvaluation{Network: c.Model, Arch: n.Label().Arch, Pictures: fmt.Sprintf("%s of %s", part, c.Data), N: set.Len(), Classes: n.Label().Classes}
	if err := j.count(ctx, e, n.Fold(), set); err != nil {
		return err
	}
	if err := c.note(n, &j, part); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(j)
	}
	_, err = fmt.Fprint(s.out, j.text())
	return err
}

// note notes in tests.jsonl that a network of a run folder was evaluated by its file on the
// pictures of that run: the run's test split is among them, but not in a validation part, and nobody looks at
// that without a trace.
func (c evalCmd) note(n *supernet.Network, j *fileEvaluation, part string) error {
	path, err := filepath.Abs(c.Model)
	if err != nil {
		return err
	}
	dir := rundir.View(filepath.Dir(filepath.Dir(path)))
	if filepath.Base(filepath.Dir(path)) != rundir.Networks || !dir.Has(rundir.Config) {
		return nil
	}
	cfg, err := config.Load(dir.Path(rundir.Config))
	if err != nil {
		return err
	}
	if same, err := sameFolder(cfg.Data.Dir, c.Data); err != nil || !same || part == validationPart && filepath.Clean(cfg.Data.Dir) == filepath.Clean(c.Data) {
		return err
	}
	line := rundir.Tested{Time: time.Now().UTC().Truncate(time.Second), Network: n.Net().Hash(), Arch: j.Arch, Pictures: j.Pictures, Accuracy: j.Accuracy, Loss: j.Loss}
	if err := dir.NoteTests(line); err != nil {
		return fmt.Errorf("the use of pictures on a network of this run cannot be noted, so no score is given: %w", err)
	}
	return nil
}

// sameFolder reports whether two paths lead to one folder, or files in it; an empty path and one
// that is not there lead to none.
func sameFolder(a, b string) (bool, error) {
	if a != "" {
		a, b = folderOf(a), folderOf(b)
	}
	x, err := os.Stat(a)
	if a == "" || errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y), err
}

// folderOf returns the folder of a file, such as a NumPy archive or a list of pictures, and other
// paths as they are.
func folderOf(path string) string {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return filepath.Dir(path)
	}
	return path
}

func (f trainedFlags) exec() (*ops.Exec, error) {
	var o ops.Config
	set(&o.Workers, f.Workers)
	set(&o.Kernel, f.Kernel)
	return ops.NewExec(o)
}

// pictures reads the folder in the network's size and channels, with the network's classes
// for labels, and says which part of the folder it is. What a person should know of what was found
// goes to warnings.
func (c evalCmd) pictures(n *supernet.Network, warnings io.Writer) (*data.Set, string, error) {
	h, w, ch := n.Input()
	o := data.OpenOptions{Gray: ch == 1, View: viewOf(n), Cache: evaluatedCache, SkipBad: c.SkipBad, LabelPattern: c.LabelPattern, Labels: c.Labels}
	if h == w {
		o.Size = h
	}
	d, err := data.Open(c.Data, o)
	if err != nil {
		return nil, "", err
	}
	for _, note := range d.Notes {
		if _, err := fmt.Fprintf(warnings, "warn: %s\n", note); err != nil {
			return nil, "", err
		}
	}
	set, part := d.Train, "all pictures"
	switch {
	case d.Test != nil:
		set, part = d.Test, "test part"
	case d.Val != nil:
		set, part = d.Val, validationPart
	}
	if set.H != h || set.W != w || set.C != ch {
		return nil, "", fmt.Errorf("%s: pictures of %dx%dx%d; want %dx%dx%d, what %s reads", c.Data, set.H, set.W, set.C, h, w, ch, c.Model)
	}
	place := make([]int, len(set.Classes))
	for i, name := range set.Classes {
		if place[i] = slices.Index(n.Label().Classes, name); place[i] < 0 {
			return nil, "", fmt.Errorf("%s: class %q is none of the network's; want some of %q", c.Data, name, n.Label().Classes)
		}
	}
	own := *set
	own.Classes = n.Label().Classes
	own.Labels = make([]uint16, set.Len())
	for i, l := range set.Labels {
		own.Labels[i] = uint16(place[l])
	}
	return &own, part, nil
}

// validationPart is what pictures are called that are the validation part of a folder.
const validationPart = "validation part"

// evaluatedCache is how many bytes of pictures are kept in memory; of more, the others are read
// as they are evaluated.
const evaluatedCache = 1 << 30

// evaluatedBatch is how many pictures go through a network at a time.
const evaluatedBatch = 64

// count fills in what the network says of each picture.
func (j *fileEvaluation) count(ctx context.Context, e *ops.Exec, n *supernet.Network, set *data.Set) error {
	score, table, err := n.EvaluateByClass(ctx, e, set, evaluatedBatch)
	if err != nil {
		return err
	}
	j.Accuracy, j.Loss, j.Matrix = score.Accuracy, score.Loss, table
	j.Balanced, j.Majority = table.Balanced(), table.Majority()
	j.Error = report.BinomialError(j.Accuracy, j.N)
	return nil
}

// text returns the evaluation for people: a line for each figure and what is taken for what.
func (j *fileEvaluation) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "network    %s: %s\n", j.Network, j.Arch)
	fmt.Fprintf(&b, "pictures   %d, %s\n", j.N, j.Pictures)
	fmt.Fprintf(&b, "accuracy   %.4f ±%.4f, balanced over classes %.4f; always the most frequent class: %.4f; loss %.4f\n\n", j.Accuracy, j.Error, j.Balanced, j.Majority, j.Loss)
	by := report.Table(j.Matrix)
	b.WriteString(confusionText(by, j.Classes))
	return b.String()
}
