package bench

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Plot is how a roofline is drawn in a terminal.
type Plot struct {
	Columns, Rows int  // of the whole picture without its legend; at least 40 x 12
	ASCII         bool // no other characters
}

const (
	plotLeft = 8 // columns for the names of ticks
	plotFoot = 3 // rows for the edge, the names of ticks and that of the axis

	plainMarks = "ox+*#@%&"
	fancyMarks = "●▲■◆○△□◇"
)

// plot is a picture of characters, and of dots finer than those for lines.
type plot struct {
	chart
	columns, rows int // of the frame
	ascii         bool
	cells         [][]rune
	dots          [][]uint8 // of each cell, as Unicode's braille patterns count them
}

// WritePlot draws points under their roofs with characters: a mark for each
// class. Roofs are lines of braille dots or, in ASCII, of dashes and slashes.
func WritePlot(w io.Writer, r Roofline, points []Point, o Plot) error {
	p := &plot{chart: newChart(r, points), columns: max(o.Columns, 40) - plotLeft - 2, rows: max(o.Rows, 12) - plotFoot, ascii: o.ASCII}
	for range p.rows {
		p.cells = append(p.cells, []rune(strings.Repeat(" ", p.columns)))
		p.dots = append(p.dots, make([]uint8, p.columns))
	}
	p.roofLines()
	p.roofNames()
	for _, point := range points {
		p.put(p.column(point.Intensity), p.row(point.Real), p.mark(point.Layer.Class))
	}
	var b strings.Builder
	p.frame(&b)
	p.legend(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// column and row return the cell that a value lies in.
func (p *plot) column(x float64) int { return min(int(p.x.at(x)*float64(p.columns)), p.columns-1) }

func (p *plot) row(y float64) int { return min(int((1-p.y.at(y))*float64(p.rows)), p.rows-1) }

func (p *plot) put(column, row int, c rune) {
	if row >= 0 && row < p.rows && column >= 0 && column < p.columns {
		p.cells[row][column] = c
	}
}

// mark returns what stands for a class.
func (p *plot) mark(class string) rune {
	marks := []rune(fancyMarks)
	if p.ascii {
		marks = []rune(plainMarks)
	}
	return marks[slices.Index(p.classes, class)%len(marks)]
}

// roofLines draws slopes and the flat roof.
func (p *plot) roofLines() {
	for _, f := range p.roofs {
		p.line(f.x0, f.x1, func(x float64) float64 { return x * f.Bandwidth }, '/')
	}
	p.line(p.start(), p.x.high, func(float64) float64 { return p.peak }, '-')
}

// line draws y over x between two values: dots or, in ASCII, the character c. It
// leaves no gaps where it is steep.
func (p *plot) line(from, to float64, y func(x float64) float64, c rune) {
	across, down := 2, 4 // dots in a cell
	if p.ascii {
		across, down = 1, 1
	}
	steps, rows := float64(p.columns*across), float64(p.rows*down)
	last := -1
	for i := int(p.x.at(from) * steps); i < min(int(math.Ceil(p.x.at(to)*steps)), p.columns*across); i++ {
		x := min(max(p.x.value((float64(i)+0.5)/steps), from), to)
		row := min(int((1-p.y.at(y(x)))*rows), p.rows*down-1)
		for r := row; r == row || r < last; r++ {
			if p.ascii {
				p.cells[r][i] = c
			} else {
				p.dot(i, r)
			}
		}
		last = row
	}
}

// dot sets one of the 2 x 4 dots of a cell.
func (p *plot) dot(column, row int) {
	// Bits of a braille pattern by column and row of the dot.
	bits := [2][4]uint8{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}
	p.dots[row/4][column/2] |= bits[column%2][row%4]
}

// roofNames writes the name of each roof below the beginning of its line, where
// no other name is: lines may lie close together.
func (p *plot) roofNames() {
	ends := make([]int, p.rows) // of the last name in a row
	for _, f := range p.roofs {
		column, row := p.column(f.x0)+1, p.row(f.y0)+1
		if row >= p.rows { // the line begins at the foot
			column, row = column+3, p.rows-1
		}
		for row < p.rows-1 && ends[row] > 0 {
			row++
		}
		column = max(column, ends[row])
		for i, c := range f.Level {
			p.put(column+i, row, c)
		}
		ends[row] = column + len(f.Level) + 1
	}
}

// frame writes the cells with ticks and axes around them.
func (p *plot) frame(b *strings.Builder) {
	side, foot, corner := "│", "─", "└"
	if p.ascii {
		side, foot, corner = "|", "-", "+"
	}
	ticks := make([]string, p.rows)
	for _, v := range p.y.decades() {
		ticks[p.row(v)] = plainText(v)
	}
	ticks[0] = "GFLOP/s"
	for i, row := range p.cells {
		line := []rune(fmt.Sprintf("%*s %s", plotLeft-1, ticks[i], side))
		for j, c := range row {
			if c == ' ' && p.dots[i][j] != 0 {
				c = 0x2800 + rune(p.dots[i][j])
			}
			line = append(line, c)
		}
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	fmt.Fprintf(b, "%*s%s%s\n", plotLeft, "", corner, strings.Repeat(foot, p.columns))
	b.WriteString(p.footTicks() + "\n")
	const name = "operations per byte"
	fmt.Fprintf(b, "%*s\n", plotLeft+1+(p.columns+len(name))/2, name)
}

// footTicks returns the line of names below the frame, as many as have room.
func (p *plot) footTicks() string {
	line := []rune(strings.Repeat(" ", plotLeft+2+p.columns))
	free := plotLeft - 2 // the first may stand out to the left
	for _, v := range p.x.powers() {
		text := powerText(v)
		at := plotLeft + 1 + p.column(v) - len(text)/2
		if at < free || at+len(text) > len(line) {
			continue
		}
		copy(line[at:], []rune(text))
		free = at + len(text) + 1
	}
	return strings.TrimRight(string(line), " ")
}

// legend tells marks and roofs.
func (p *plot) legend(b *strings.Builder) {
	fmt.Fprintf(b, "%*s", plotLeft-1, "")
	for _, class := range p.classes {
		fmt.Fprintf(b, "  %c %s", p.mark(class), class)
	}
	fmt.Fprintf(b, "\n%*s  multiply-adds %s GFLOP/s", plotLeft-1, "", figures(p.peak))
	for _, f := range p.roofs {
		fmt.Fprintf(b, ", %s %s GB/s", f.Level, figures(f.Bandwidth))
	}
	b.WriteString("\n")
}
