package table

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/internal/unpack"
)

// columns that hold the figure unless one is named, and genes.
var (
	figureColumns = []string{"accuracy", "c10_test"}
	geneColumns   = []string{"genes", "ops"}
)

// costColumns are read where a table has them; latency is in seconds.
var costColumns = []struct {
	name string
	set  func(*controller.Cost, float64)
}{
	{"latency", func(c *controller.Cost, v float64) { c.Latency = v }},
	{"flops", func(c *controller.Cost, v float64) { c.FLOPs = int64(v) }},
	{"params", func(c *controller.Cost, v float64) { c.Params = int64(v) }},
}

// most genes and rows of a table.
const (
	mostGenes = 64
	mostRows  = 1 << 20
)

// Read reads a table from a CSV file, gzipped or not: a line of names, a
// column "genes" or "ops" with a digit for each decision, or numbers with - between
// them, and columns of figures. column names the figure; "" stands for accuracy or
// c10_test. Lines that begin with # are comments. Errors name file, line and field.
func Read(path, column string) (t *Table, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	text, err := unpack.Text(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	column, entries, err := read(text, column)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return newTable(filepath.Base(path), column, entries)
}

// read returns the name of the figure and the rows.
func read(r io.Reader, column string) (string, []entry, error) {
	c := csv.NewReader(r)
	c.Comment = '#'
	names, err := c.Read()
	if err != nil {
		return "", nil, fmt.Errorf("no line of names: %w", err)
	}
	genes := first(names, geneColumns)
	figure := slices.Index(names, column)
	if column == "" {
		figure = first(names, figureColumns)
	}
	switch {
	case genes < 0:
		return "", nil, fmt.Errorf("the columns are %s; want one of %s", strings.Join(names, ", "), strings.Join(geneColumns, ", "))
	case figure < 0 && column == "":
		return "", nil, fmt.Errorf("the columns are %s; want %s, or a column named by --column", strings.Join(names, ", "), strings.Join(figureColumns, " or "))
	case figure < 0:
		return "", nil, fmt.Errorf("column is %q; want one of %s", column, strings.Join(names, ", "))
	}
	var entries []entry
	for {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", nil, err
		}
		e, err := parse(names, fields, genes, figure)
		if err == nil && len(entries) > 0 && len(e.genes) != len(entries[0].genes) {
			err = fmt.Errorf("%s has %d genes; want %d, as many as the first row", names[genes], len(e.genes), len(entries[0].genes))
		}
		if line, _ := c.FieldPos(0); err != nil {
			return "", nil, fmt.Errorf("line %d: %w", line, err)
		}
		if entries = append(entries, e); len(entries) > mostRows {
			return "", nil, fmt.Errorf("more than %d rows", mostRows)
		}
	}
	if len(entries) < 2 {
		return "", nil, fmt.Errorf("%d rows; want at least 2", len(entries))
	}
	return names[figure], entries, nil
}

// first returns the index of the first of the wanted names that is there, -1 for none.
func first(names, wanted []string) int {
	for _, w := range wanted {
		if i := slices.Index(names, w); i >= 0 {
			return i
		}
	}
	return -1
}

func parse(names, fields []string, genes, figure int) (e entry, err error) {
	if e.genes, err = parseGenes(fields[genes]); err != nil {
		return e, fmt.Errorf("%s: %w", names[genes], err)
	}
	if e.value, err = strconv.ParseFloat(fields[figure], 64); err != nil || math.IsNaN(e.value) || math.IsInf(e.value, 0) {
		return e, fmt.Errorf("%s is %q; want a finite number", names[figure], fields[figure])
	}
	for _, c := range costColumns {
		i := slices.Index(names, c.name)
		if i < 0 || i == figure {
			continue
		}
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil || !(v >= 0 && v < 1e18) {
			return e, fmt.Errorf("%s is %q; want a number from 0", c.name, fields[i])
		}
		c.set(&e.cost, v)
	}
	return e, nil
}

func parseGenes(text string) ([]uint8, error) {
	parts := strings.Split(text, "-")
	if len(parts) == 1 {
		parts = strings.Split(text, "")
	}
	if len(parts) == 0 || len(parts) > mostGenes {
		return nil, fmt.Errorf("%q has %d genes; want 1 to %d", text, len(parts), mostGenes)
	}
	genes := make([]uint8, len(parts))
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 8)
		if err != nil || v > 254 {
			return nil, fmt.Errorf("%q: gene %d is %q; want a number from 0 to 254", text, i+1, p)
		}
		genes[i] = uint8(v)
	}
	return genes, nil
}
