package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The least size of a picture in a terminal, and the columns left of its frame.
const leastWidth, leastHeight, termLeft = 60, 14, 8

// The names of the axes.
const (
	latencyName  = "latency per image, ms (logarithmic)"
	accuracyName = "accuracy"
)

// terminal is a picture of characters.
type terminal struct {
	picture
	width   int // of the whole
	columns int // of the frame
	rows    int
	cells   [][]rune
}

// Terminal draws accuracy against the logarithm of latency with plain
// characters, in at most so many columns and rows, legend included; a picture is
// at least 60 x 14. Names are written where there is room; bars are intervals.
// Points without a positive latency or a finite accuracy are left out.
func Terminal(p []Point, width, height int) string {
	t := terminal{picture: newPicture(p), width: max(width, leastWidth)}
	legend := t.legend()
	t.columns, t.rows = t.width-termLeft, max(height, leastHeight)-4-len(legend)
	for range t.rows {
		t.cells = append(t.cells, []rune(strings.Repeat(" ", t.columns)))
	}
	t.intervals()
	for _, p := range t.points {
		t.mark(p)
	}
	t.names()
	var b strings.Builder
	t.frame(&b)
	for _, line := range legend {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// column and row return the cell that a value lies in.
func (t *terminal) column(latency float64) int {
	return min(max(int(t.x.at(1e3*latency)*float64(t.columns)), 0), t.columns-1)
}

func (t *terminal) row(accuracy float64) int {
	return min(max(int((1-t.height(accuracy))*float64(t.rows)), 0), t.rows-1)
}

// intervals draws those of named points.
func (t *terminal) intervals() {
	for _, p := range t.points {
		if !p.interval() || !looks[lookOf(p.Kind)].named {
			continue
		}
		for r := t.row(p.High); r <= t.row(p.Low); r++ {
			t.cells[r][t.column(p.Latency)] = '|'
		}
	}
}

// mark draws a point, one cell beside its place if another named one is there.
func (t *terminal) mark(p Point) {
	l := looks[lookOf(p.Kind)]
	row, column := t.cells[t.row(p.Accuracy)], t.column(p.Latency)
	for _, c := range []int{column, column + 1, column - 1} {
		if c >= 0 && c < t.columns && !(l.named && namedMark(row[c])) {
			row[c] = l.mark
			return
		}
	}
}

// namedMark reports whether a character stands for a named point.
func namedMark(c rune) bool {
	return slices.ContainsFunc(looks, func(l look) bool { return l.named && l.mark == c })
}

// names writes names to the right or to the left of named points, where nothing
// else is.
func (t *terminal) names() {
	for _, p := range t.points {
		if !looks[lookOf(p.Kind)].named || p.Name == "" {
			continue
		}
		name, column := []rune(p.Name), t.column(p.Latency)
		for _, from := range []int{column + 2, column - 1 - len(name)} {
			if t.free(t.row(p.Accuracy), from-1, len(name)+2) {
				copy(t.cells[t.row(p.Accuracy)][from:], name)
				break
			}
		}
	}
}

// free reports whether n cells of a row from a column on are empty; those
// outside the frame count as empty as long as the name lies within.
func (t *terminal) free(row, from, n int) bool {
	if from < -1 || from+n > t.columns+1 {
		return false
	}
	for c := max(from, 0); c < min(from+n, t.columns); c++ {
		if t.cells[row][c] != ' ' {
			return false
		}
	}
	return true
}

// frame writes the cells with axes, ticks and the names of the axes around.
func (t *terminal) frame(b *strings.Builder) {
	ticks := make([]string, t.rows)
	values, names := t.y.ticks()
	for i, v := range values {
		ticks[t.row(v)] = names[i]
	}
	fmt.Fprintf(b, "%*s\n", termLeft, accuracyName)
	for i, row := range t.cells {
		b.WriteString(strings.TrimRight(fmt.Sprintf("%*s |%s", termLeft-2, ticks[i], string(row)), " ") + "\n")
	}
	fmt.Fprintf(b, "%*s+%s\n", termLeft-1, "", strings.Repeat("-", t.columns))
	b.WriteString(t.foot() + "\n")
	fmt.Fprintf(b, "%*s\n", termLeft+(t.columns+len(latencyName))/2, latencyName)
}

// foot returns the line of names below the frame, as many as have room.
func (t *terminal) foot() string {
	line := []byte(strings.Repeat(" ", t.width))
	end := termLeft - 2
	values, names := t.x.ticks()
	for i, v := range values {
		at := termLeft + t.column(v/1e3) - len(names[i])/2
		if at > end && at+len(names[i]) <= len(line) {
			copy(line[at:], names[i])
			end = at + len(names[i])
		}
	}
	return strings.TrimRight(string(line), " ")
}

// legend returns the lines that tell marks, as many as are needed.
func (t *terminal) legend() []string {
	var words []string
	for _, k := range t.kinds() {
		words = append(words, fmt.Sprintf("%c %s", looks[k].mark, looks[k].words))
	}
	words = append(words, t.notes()...)
	var lines []string
	line := ""
	for _, w := range words {
		if line != "" && utf8.RuneCountInString(line)+2+utf8.RuneCountInString(w) > t.width {
			lines = append(lines, line)
			line = ""
		}
		line += "  " + w
	}
	return append(lines, line)
}
