package truth

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

// tableColumns name the columns of a table.
var tableColumns = []string{"arch", "genes", "flops", "params", "seed", "accuracy", "loss", "test_accuracy", "test_loss"}

// TableRow is one training from scratch of one network of a table.
type TableRow struct {
	Arch   string // text form
	Genes  string // see Digits
	FLOPs  int64
	Params int64
	Seed   int // number of the training, from 1
	Val    Score
	Test   Score
}

// Score is what a trained network got on a whole split.
type Score struct {
	Accuracy float64 `json:"accuracy"` // fraction
	Loss     float64 `json:"loss"`     // nats
}

// Table is a csv file of what training every network of a space alone gave.
type Table struct {
	Head Head
	Rows []TableRow // all networks in the order of enumeration, with the first seed, then with the second
	Path string
	end  int64 // of the last whole line
}

// Done reports whether every training is done.
func (t *Table) Done() bool { return len(t.Rows) >= t.Head.Count*t.Head.Seeds }

// Checkpoint returns the path of what keeps training i while it is unfinished.
func (t *Table) Checkpoint(i int) string { return checkpoint(t.Path, i) }

// OpenTable reads the table at path, or begins an empty one if there is no such file. What
// is read must have the same head, the command apart. A row that an interruption has cut off is dropped.
func OpenTable(path string, head Head) (*Table, error) {
	t, err := ReadTable(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t = &Table{Head: head, Path: path}
		return t, t.begin()
	case err != nil:
		return nil, err
	}
	if err := t.Head.SameAs(head); err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return t, nil
}

// begin writes the file without rows.
func (t *Table) begin() error {
	text := t.Head.String() + strings.Join(tableColumns, ",") + "\n"
	t.end = int64(len(text))
	return rundir.WriteFile(t.Path, []byte(text))
}

// Add appends a row behind the last whole one and waits until it is on the disk.
func (t *Table) Add(row TableRow) (err error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{
		row.Arch, row.Genes, strconv.FormatInt(row.FLOPs, 10), strconv.FormatInt(row.Params, 10), strconv.Itoa(row.Seed),
		formatFloat(row.Val.Accuracy), formatFloat(row.Val.Loss), formatFloat(row.Test.Accuracy), formatFloat(row.Test.Loss),
	})
	w.Flush()
	f, err := os.OpenFile(t.Path, os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Truncate(t.end); err != nil {
		return err
	}
	n, err := f.WriteAt(b.Bytes(), t.end)
	if err := errors.Join(err, w.Error(), f.Sync()); err != nil {
		return err
	}
	t.Rows, t.end = append(t.Rows, row), t.end+int64(n)
	return nil
}

// ReadTable reads the table at path up to its last whole line. Errors name the line.
func ReadTable(path string) (*Table, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseTable(path, text)
}

func parseTable(path string, text []byte) (*Table, error) {
	t := &Table{Path: path}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	t.end = int64(len(text))
	rest, err := t.Head.Read(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s, %w", path, err)
	}
	above := len(t.Head.fields()) + 1
	lines, err := csv.NewReader(strings.NewReader(rest)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s, below line %d: %w", path, above-1, err)
	}
	if len(lines) == 0 || !slices.Equal(lines[0], tableColumns) {
		return nil, fmt.Errorf("%s, line %d: want the columns %s", path, above, strings.Join(tableColumns, ","))
	}
	for i, fields := range lines[1:] {
		row, err := parseTableRow(fields)
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, above+1+i, err)
		}
		t.Rows = append(t.Rows, row)
	}
	if most := t.Head.Count * t.Head.Seeds; len(t.Rows) > most {
		return nil, fmt.Errorf("%s: %d rows; want at most %d, count times seeds", path, len(t.Rows), most)
	}
	return t, nil
}

// parseTableRow reads one row.
func parseTableRow(fields []string) (row TableRow, err error) {
	var n [3]int64
	var v [4]float64
	for i := range n {
		if n[i], err = strconv.ParseInt(fields[2+i], 10, 64); err != nil || n[i] < 0 {
			return row, fmt.Errorf("%s is %q; want a number of at least 0", tableColumns[2+i], fields[2+i])
		}
	}
	for i := range v {
		if v[i], err = strconv.ParseFloat(fields[5+i], 64); err != nil || !(v[i] >= 0 && v[i] <= 1e9) {
			return row, fmt.Errorf("%s is %q; want a number from 0", tableColumns[5+i], fields[5+i])
		}
	}
	return TableRow{
		Arch: fields[0], Genes: fields[1], FLOPs: n[0], Params: n[1], Seed: int(n[2]),
		Val: Score{Accuracy: v[0], Loss: v[1]}, Test: Score{Accuracy: v[2], Loss: v[3]},
	}, nil
}

// Digits writes genes as a table has them: a digit for each decision, or numbers with -
// between them where a decision has more than ten choices.
func Digits(s *space.Space, a space.Arch) string {
	sep := ""
	for _, d := range s.Decisions() {
		if len(d.Choices) > 10 {
			sep = "-"
		}
	}
	var b strings.Builder
	for i, g := range a.Genes() {
		if i > 0 {
			b.WriteString(sep)
		}
		fmt.Fprint(&b, g)
	}
	return b.String()
}
