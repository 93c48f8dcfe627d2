package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxTable bounds a table that is read as a whole, in bytes.
const maxTable = 256 << 20

// table is a file of rows of text, as wide as its first row or not, such as a csv file.
type table struct {
	path string
	rows [][]string // without blanks around the cells
	line []int      // of each row in the file, from 1 on
}

// isTableName reports whether a file is called as tables are.
func isTableName(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return !isClutter(name) && (ext == ".csv" || ext == ".tsv")
}

// readTable reads the table in a file.
func readTable(path string) (*table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxTable+1))
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	if len(text) > maxTable {
		return nil, badFile(path, "more than %d bytes, expected a table of at most so many", maxTable)
	}
	return parseTable(path, text)
}

// lineEnds turns the ends of lines of old Macs, and of Windows, into those of others.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// parseTable reads a table whose cells are parted by commas, semicolons or tabs, whichever the
// first line has most of. Lines before it that begin with # are passed over.
func parseTable(path string, text []byte) (*table, error) {
	plain, err := unmarked(text)
	if err != nil {
		return nil, &FormatError{File: path, Offset: 0, Problem: "unreadable, expected a table of text", Err: err}
	}
	plain = lineEnds.Replace(plain)
	skipped := 0
	for strings.HasPrefix(plain, "#") {
		_, plain, _ = strings.Cut(plain, "\n")
		skipped++
	}
	r := csv.NewReader(strings.NewReader(plain))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	head, _, _ := strings.Cut(plain, "\n")
	most := strings.Count(head, ",")
	for _, comma := range []rune{';', '\t'} {
		if n := strings.Count(head, string(comma)); n > most {
			most, r.Comma = n, comma
		}
	}
	r.TrimLeadingSpace = r.Comma != '\t'
	t := &table{path: path}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, &FormatError{File: path, Offset: NoOffset, Problem: "unreadable, expected a table of text", Err: err}
		}
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		line, _ := r.FieldPos(0)
		t.rows, t.line = append(t.rows, row), append(t.line, line+skipped)
	}
}

// plainer drops what people put between the words of a name.
var plainer = strings.NewReplacer("_", "", "-", "", " ", "")

// columnOf returns the column that is called by the first of names that there is; -1 if there is
// none. Letter case, blanks, dashes and underscores do not count; names have none.
func columnOf(head, names []string) int {
	for _, name := range names {
		if at := slices.IndexFunc(head, func(s string) bool { return plainer.Replace(strings.ToLower(strings.TrimSpace(s))) == name }); at >= 0 {
			return at
		}
	}
	return -1
}

// cell returns a cell of a row; "" where the row is too short, or at is -1.
func cell(row []string, at int) string {
	if at < 0 || at >= len(row) {
		return ""
	}
	return row[at]
}
