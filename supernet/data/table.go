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
	"unicode/utf8"
)

// maxTable bounds a table that is read as a whole, in bytes.
const maxTable = 256 << 20

// table is a file of rows of text, as wide as its first row or not, such as a csv file.
type table struct {
	path    string
	rows    [][]string // without blanks around the cells, and in UTF-8
	line    []int      // of each row in the file, from 1 on
	foreign string     // first cell that is not UTF-8 in the file; "" if there is none
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
// first line has most of. Lines before it that begin with # are passed over, and so are rows and last columns of nothing
// but empty cells, which spreadsheets leave.
func parseTable(path string, text []byte) (*table, error) {
	plain, err := unmarked(text)
	if err != nil {
		return nil, &FormatError{File: path, Offset: 0, Problem: "unreadable, expected a table of text", Err: err}
	}
	plain, comma, skipped := tableHead(lineEnds.Replace(plain))
	r := csv.NewReader(strings.NewReader(plain))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	r.Comma, r.TrimLeadingSpace = comma, comma != '\t'
	t := &table{path: path}
	width := 0 // of the widest row without empty cells at its end
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &FormatError{File: path, Offset: NoOffset, Problem: "unreadable, expected a table of text", Err: err}
		}
		filled := 0
		for i := range row {
			if row[i] = t.plain(strings.TrimSpace(row[i])); row[i] != "" {
				filled = i + 1
			}
		}
		if width = max(width, filled); filled > 0 {
			line, _ := r.FieldPos(0)
			t.rows, t.line = append(t.rows, row), append(t.line, line+skipped)
		}
	}
	for i, row := range t.rows {
		t.rows[i] = row[:min(len(row), width)]
	}
	return t, nil
}

// tableHead returns a table without the lines before its first row, what its cells are parted
// by, and how many lines that were. Excel may write one that says what parts them: sep=;
func tableHead(text string) (rest string, comma rune, lines int) {
	for strings.HasPrefix(text, "#") {
		_, text, _ = strings.Cut(text, "\n")
		lines++
	}
	head, rest, _ := strings.Cut(text, "\n")
	if by, said := strings.CutPrefix(strings.ToLower(head), "sep="); said && len(by) == 1 && strings.Contains(",;\t|", by) {
		return rest, rune(by[0]), lines + 1
	}
	comma = ','
	most := strings.Count(head, ",")
	for _, c := range []rune{';', '\t'} {
		if n := strings.Count(head, string(c)); n > most {
			most, comma = n, c
		}
	}
	return text, comma, lines
}

// plain returns a cell in UTF-8.
func (t *table) plain(cell string) string {
	if t.foreign == "" && !utf8.ValidString(cell) {
		t.foreign = cell
	}
	return className(cell)
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
