package table

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/espalier-nas/espalier/internal/unpack"
	"github.com/espalier-nas/espalier/supernet/space"
)

// The columns with a meaning of their own; all others hold numbers.
const (
	indexColumn = "idx"   // what rows of two files are joined by
	opsColumn   = "ops"   // one digit or letter per decision: 0 to 9, then a to z
	genesColumn = "genes" // the same, or numbers with - between them, beside arch in tables that espalier makes
	archColumn  = "arch"  // the text form of the architecture's space
)

// Ignored are columns that are not read: classes of equal networks that a person would
// not have.
var ignored = []string{"iso"}

// Read reads a csv file, gzipped or not. Its first line names the columns: idx (may be
// missing: rows are numbered), ops or arch (may be missing in a file of measurements
// only), and columns of numbers. f is the family whose text forms stand in column arch
// and whose rules hold for both; nil if there is none, and then ops or genes are the only
// forms. Lines that begin with # are comments. Without idx, rows of one architecture are
// trainings of one network: their means count. Errors name file, line and column.
func Read(file string, f space.Family) (*Table, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return read(file, in, f)
}

func read(file string, in io.Reader, f space.Family) (*Table, error) {
	text, err := unpack.Text(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	p := parser{csv: csv.NewReader(text), family: f, table: &Table{File: file}, seen: make(map[string]int)}
	p.csv.ReuseRecord, p.csv.Comment = true, '#'
	if err := p.head(); err != nil {
		return nil, err
	}
	for {
		row, err := p.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, p.unread(err)
		}
		if err := p.row(row); err != nil {
			return nil, err
		}
	}
	if p.table.Rows() == 0 {
		return nil, fmt.Errorf("%s: no rows; want at least one below the names of the columns", file)
	}
	if p.index < 0 && p.table.Archs != nil {
		p.table.merge()
	}
	return p.table, nil
}

// parser reads one file.
type parser struct {
	csv              *csv.Reader
	family           space.Family
	table            *Table
	index, ops, arch int // columns; -1: missing
	numbers          []int
	seen             map[string]int // line of each index
}

// unread puts the file before an error of the csv reader, which names line and column itself.
func (p *parser) unread(err error) error {
	return fmt.Errorf("%s: %w", p.table.File, err)
}

// head reads the names of the columns.
func (p *parser) head() error {
	names, err := p.csv.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: empty; want a line with the names of the columns", p.table.File)
	}
	if err != nil {
		return p.unread(err)
	}
	p.index, p.ops, p.arch = -1, -1, -1
	genes := -1
	for k, name := range names {
		name = strings.TrimSpace(name)
		if name == "" || slices.ContainsFunc(names[:k], func(s string) bool { return strings.TrimSpace(s) == name }) {
			return fmt.Errorf("%s line 1: column %d is called %q; want a name of its own", p.table.File, k+1, name)
		}
		switch {
		case name == indexColumn:
			p.index = k
		case name == opsColumn:
			p.ops = k
		case name == genesColumn:
			genes = k
		case name == archColumn:
			p.arch = k
		case !slices.Contains(ignored, name):
			p.numbers = append(p.numbers, k)
			p.table.Names = append(p.table.Names, name)
		}
	}
	if genes >= 0 && p.ops < 0 { // written beside arch, which says the same to whoever knows the space
		if p.arch < 0 || p.family == nil {
			p.ops, p.arch = genes, -1
		}
	}
	if p.ops >= 0 && p.arch >= 0 {
		return fmt.Errorf("%s line 1: columns %s and %s; want one of them", p.table.File, opsColumn, archColumn)
	}
	if p.arch >= 0 && p.family == nil {
		return fmt.Errorf("%s line 1: column %s holds the text form of a space; want a space to read it with, or column %s", p.table.File, archColumn, opsColumn)
	}
	if p.ops >= 0 || p.arch >= 0 {
		p.table.Archs = []space.Arch{}
	}
	p.table.Values, p.table.named = make([][]float64, len(p.numbers)), p.index >= 0
	return nil
}

// row adds one network.
func (p *parser) row(row []string) error {
	line, _ := p.csv.FieldPos(0)
	fault := func(column, text, want string) error {
		return fmt.Errorf("%s line %d, column %s: %q; want %s", p.table.File, line, column, text, want)
	}
	index := strconv.Itoa(p.table.Rows())
	if p.index >= 0 {
		index = strings.TrimSpace(row[p.index])
	}
	if before, ok := p.seen[index]; ok || index == "" {
		return fault(indexColumn, index, fmt.Sprintf("an index of its own (line %d has it)", before))
	}
	p.seen[index] = line
	for k, c := range p.numbers {
		v, err := strconv.ParseFloat(strings.TrimSpace(row[c]), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return fault(p.table.Names[k], row[c], "a number")
		}
		p.table.Values[k] = append(p.table.Values[k], v)
	}
	if p.table.Archs != nil {
		column, text := opsColumn, ""
		parse := p.digits
		if p.arch >= 0 {
			column, text, parse = archColumn, row[p.arch], p.family.Space().Parse
		} else {
			text = row[p.ops]
		}
		a, err := parse(strings.TrimSpace(text))
		if err != nil {
			return fault(column, text, err.Error())
		}
		if n := len(p.table.Archs); n > 0 && p.table.Archs[0].Len() != a.Len() && p.family == nil {
			return fault(column, text, fmt.Sprintf("%d digits, as the first row has", p.table.Archs[0].Len()))
		}
		p.table.Archs = append(p.table.Archs, a)
	}
	p.table.Index = append(p.table.Index, index)
	p.table.lines = append(p.table.lines, line)
	return nil
}

// digits reads one digit or letter per decision, or numbers with - between them.
func (p *parser) digits(text string) (space.Arch, error) {
	genes := make([]uint8, len(text))
	if strings.Contains(text, "-") {
		genes = genes[:0]
		for number := range strings.SplitSeq(text, "-") {
			v, err := strconv.ParseUint(number, 10, 8)
			if err != nil {
				return space.Arch{}, errors.New("numbers from 0 to 255 with - between them")
			}
			genes = append(genes, uint8(v))
		}
		return p.valid(space.NewArch(genes))
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= '0' && c <= '9':
			genes[i] = c - '0'
		case c >= 'a' && c <= 'z':
			genes[i] = c - 'a' + 10
		default:
			return space.Arch{}, errors.New("digits 0 to 9 or letters a to z")
		}
	}
	if len(genes) == 0 {
		return space.Arch{}, errors.New("a digit per decision")
	}
	return p.valid(space.NewArch(genes))
}

// valid returns a if it is of the family, where there is one.
func (p *parser) valid(a space.Arch) (space.Arch, error) {
	if p.family != nil {
		if err := p.family.Space().Valid(a); err != nil {
			return space.Arch{}, fmt.Errorf("an architecture of the space (%w)", err)
		}
	}
	return a, nil
}
