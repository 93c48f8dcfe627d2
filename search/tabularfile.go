package search

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

// tableColumns name the columns of a table.
var tableColumns = []string{"arch", "genes", "flops", "params", "seed", "accuracy", "loss", "test_accuracy", "test_loss"}

// begin writes the file without rows.
func (t *Table) begin() error {
	text := t.Head.String() + strings.Join(tableColumns, ",") + "\n"
	t.end = int64(len(text))
	return rundir.WriteFile(t.path, []byte(text))
}

// add appends a row behind the last whole one and waits until it is on the disk.
func (t *Table) add(row Tabulated) (err error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{
		row.Arch, row.Genes, strconv.FormatInt(row.FLOPs, 10), strconv.FormatInt(row.Params, 10), strconv.Itoa(row.Seed),
		formatFloat(row.Val.Accuracy), formatFloat(row.Val.Loss), formatFloat(row.Test.Accuracy), formatFloat(row.Test.Loss),
	})
	w.Flush()
	f, err := os.OpenFile(t.path, os.O_WRONLY, 0o644)
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

// readTable reads the table at path up to its last whole line. Errors name the line.
func readTable(path string) (*Table, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t := &Table{path: path}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	t.end = int64(len(text))
	rest, err := t.Head.read(string(text))
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
		row, err := parseTabulated(fields)
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

// parseTabulated reads one row.
func parseTabulated(fields []string) (row Tabulated, err error) {
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
	return Tabulated{
		Arch: fields[0], Genes: fields[1], FLOPs: n[0], Params: n[1], Seed: int(n[2]),
		Val: score{Accuracy: v[0], Loss: v[1]}, Test: score{Accuracy: v[2], Loss: v[3]},
	}, nil
}

// sameAs reports every field, the command apart, in which a head is not as wanted.
func (h *TruthHead) sameAs(want TruthHead) error {
	var errs []error
	have, wanted := strings.Split(h.String(), "\n"), strings.Split(want.String(), "\n")
	for i, f := range h.fields() {
		if f.name != "command" && have[i] != wanted[i] {
			errs = append(errs, fmt.Errorf("%s; want %s, this run's, to go on with its trainings", strings.TrimPrefix(have[i], "# "), strings.TrimPrefix(wanted[i], "# ")))
		}
	}
	return errors.Join(errs...)
}

// IsTable reports whether a file that begins like this holds a table.
func IsTable(head []byte) bool {
	return IsTruth(head) && bytes.Contains(head, []byte("\n"+strings.Join(tableColumns, ",")))
}

// ReadTable reads the table at path, of whatever run.
func ReadTable(path string) (*Table, error) { return readTable(path) }
