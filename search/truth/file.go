package truth

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/espalier-nas/espalier/search/rundir"
)

// File is a csv file of networks of a sample, trained alone: their accuracies are what
// scores on a supernet are to predict.
type File struct {
	Head Head
	Rows []Row // in the order of training
	Path string
}

// Row is one training from scratch of one architecture.
type Row struct {
	Arch      string
	FLOPs     int64
	Params    int64
	Stratum   int     // of log FLOPs, from 0, the cheapest
	Seed      int     // number of the training, from 1: weights, order and augmentation depend on it, splits do not
	Accuracy  float64 // fraction, on the whole validation split
	Loss      float64 // nats, on the whole validation split
	EarlyLoss float64 // the same after one epoch
	Steps     int
}

// Done reports whether every training is done.
func (t *File) Done() bool { return len(t.Rows) >= t.Head.Count*t.Head.Seeds }

// Expect returns an error unless row i is of this architecture and seed.
func (t *File) Expect(i int, arch string, seed int) error {
	if row := t.Rows[i]; row.Arch != arch || row.Seed != seed {
		return fmt.Errorf("%s: row %d is %s with seed %d; want %s with seed %d, which this version draws there", t.Path, i+1, row.Arch, row.Seed, arch, seed)
	}
	return nil
}

// Checkpoint returns the path of what keeps training i while it is unfinished.
func (t *File) Checkpoint(i int) string { return checkpoint(t.Path, i) }

func checkpoint(path string, i int) string {
	return fmt.Sprintf("%s-%d.msgpack", strings.TrimSuffix(path, ".csv"), i+1)
}

// fileColumns name the columns of the rows.
var fileColumns = []string{"arch", "flops", "params", "stratum", "seed", "accuracy", "loss", "epoch1_loss", "steps"}

// Save replaces the file. What it holds depends on head and rows only.
func (t *File) Save() error {
	var b bytes.Buffer
	b.WriteString(t.Head.String())
	w := csv.NewWriter(&b)
	w.Write(fileColumns)
	for _, a := range t.Rows {
		w.Write([]string{
			a.Arch, strconv.FormatInt(a.FLOPs, 10), strconv.FormatInt(a.Params, 10), strconv.Itoa(a.Stratum), strconv.Itoa(a.Seed),
			formatFloat(a.Accuracy), formatFloat(a.Loss), formatFloat(a.EarlyLoss), strconv.Itoa(a.Steps),
		})
	}
	w.Flush()
	return errors.Join(w.Error(), rundir.WriteFile(t.Path, b.Bytes()))
}

// ReadFile reads the file at path. Errors name the line.
func ReadFile(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseFile(path, string(text))
}

// parseFile reads the content of a file.
func parseFile(path, rest string) (*File, error) {
	t := &File{Path: path}
	rest, err := t.Head.Read(rest)
	if err != nil {
		return nil, fmt.Errorf("%s, %w", path, err)
	}
	if err := t.readRows(rest, len(t.Head.fields())); err != nil {
		return nil, fmt.Errorf("%s, %w", path, err)
	}
	return t, nil
}

// readRows reads the columns and rows below a head of so many lines.
func (t *File) readRows(text string, above int) error {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return fmt.Errorf("below line %d: %w", above, err)
	}
	if len(lines) == 0 || !slices.Equal(lines[0], fileColumns) {
		return fmt.Errorf("line %d: want the columns %s", above+1, strings.Join(fileColumns, ","))
	}
	for i, fields := range lines[1:] {
		a, err := parseRow(fields)
		if err != nil {
			return fmt.Errorf("line %d: %w", above+2+i, err)
		}
		t.Rows = append(t.Rows, a)
	}
	if most := t.Head.Count * t.Head.Seeds; len(t.Rows) > most {
		return fmt.Errorf("%d rows; want at most %d, count times seeds", len(t.Rows), most)
	}
	return nil
}

// parseRow reads one row.
func parseRow(fields []string) (a Row, err error) {
	var errs []error
	whole := func(i int, least int64) int64 {
		v, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil || v < least {
			errs = append(errs, fmt.Errorf("%s is %q; want a number of at least %d", fileColumns[i], fields[i], least))
		}
		return v
	}
	real := func(i int, most float64) float64 {
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil || !(v >= 0 && v <= most) {
			errs = append(errs, fmt.Errorf("%s is %q; want a number from 0 to %g", fileColumns[i], fields[i], most))
		}
		return v
	}
	a = Row{
		Arch: fields[0], FLOPs: whole(1, 0), Params: whole(2, 0), Stratum: int(whole(3, 0)), Seed: int(whole(4, 1)),
		Accuracy: real(5, 1), Loss: real(6, 1e9), EarlyLoss: real(7, 1e9), Steps: int(whole(8, 1)),
	}
	return a, errors.Join(errs...)
}
