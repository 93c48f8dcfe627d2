package bench

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// crowded is how many times the multiply-adds of one worker several must do at
// least, unless something keeps them from it.
const crowded = 1.3

// WriteMachine writes what the machine can do as columns for people: one column
// for each number of workers that it was measured with.
func WriteMachine(w io.Writer, m Machine) error {
	var b strings.Builder
	fmt.Fprintf(&b, "processor   %s, %d cores\n", m.Processor, m.Cores)
	fmt.Fprintf(&b, "kernels     %s; measured with %s\n\n", strings.Join(m.Kernels, " "), m.Kernel)
	rows := [][]string{{"<", ">", "<", "<"}, {"<multiply-adds", ">", "<", "<GFLOP/s"}}
	for _, l := range m.Limits {
		rows[0] = append(rows[0], ">"+plural(l.Workers, "worker"))
		rows[1] = append(rows[1], ">"+figures(l.Peak))
	}
	for i, level := range m.Levels {
		rows = append(rows, bandwidthRows(m, i, level)...)
	}
	writeColumns(&b, rows)
	if m.Assumed != "" {
		fmt.Fprintf(&b, "\nsizes of caches are usual ones, the system does not tell:\n  %s\n", m.Assumed)
	}
	if n := len(m.Limits); n > 1 && m.Limits[n-1].Peak < crowded*m.Limits[0].Peak {
		b.WriteString("\nmore workers hardly do more than one: they share cores, or the machine is busy\nand these figures are too low\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// bandwidthRows are the rows of level i.
func bandwidthRows(m Machine, i int, level Level) [][]string {
	size := ""
	if level.Bytes > 0 {
		size = binary(level.Bytes)
	}
	loops := []struct {
		name string
		of   func(Bandwidth) float64
	}{
		{"read", func(b Bandwidth) float64 { return b.Read }},
		{"copy", func(b Bandwidth) float64 { return b.Copy }},
		{"triad", func(b Bandwidth) float64 { return b.Triad }},
	}
	var rows [][]string
	for _, loop := range loops {
		row := []string{"<" + level.Name, ">" + size, "<" + loop.name, "<GB/s"}
		for _, l := range m.Limits {
			row = append(row, ">"+figures(loop.of(l.Bandwidths[i])))
		}
		rows = append(rows, row)
	}
	return rows
}

// WriteTable writes a row for each point and the geometric mean of each class
// and pass.
func WriteTable(w io.Writer, r Roofline, points []Point) error {
	var b strings.Builder
	rows := [][]string{{"<layer", "<pass", ">FLOP/B", ">time", ">GFLOP/s", ">real", ">of peak", ">roof", "<by", ">of roof"}}
	for _, p := range points {
		rows = append(rows, []string{
			"<" + p.Layer.Name, "<" + string(p.Pass), ">" + figures(p.Intensity), ">" + milliseconds(p.Time.Median), ">" + figures(p.GFLOPS), ">" + figures(p.Real),
			">" + percent(p.Real/r.Peak), ">" + figures(p.Limit), "<" + p.By, ">" + percent(p.Share()),
		})
	}
	writeColumns(&b, rows)
	b.WriteString("\n" + tableNote + "\n")
	rows = [][]string{{"<class, geometric means", "<pass", ">layers", ">GFLOP/s", ">of peak", ">of roof"}}
	for _, class := range classesOf(points) {
		for _, pass := range passesOf(points) {
			if row := classRow(r, points, class, pass); row != nil {
				rows = append(rows, row)
			}
		}
	}
	writeColumns(&b, rows)
	_, err := io.WriteString(w, b.String())
	return err
}

const tableNote = `GFLOP/s count padding as pixels, as the usual tables do; real ones leave it out
and are what meets the roof: the lower of peak and FLOP/B times the bandwidth of
the nearest memory that holds all operands. More than 100 % is an algorithm that
multiplies less than is counted (Winograd), or a machine that was busier when
its limits were measured.
`

// classRow is the row of a class and a pass; nil if there is no such point.
func classRow(r Roofline, points []Point, class string, pass Pass) []string {
	var n, gflops, peak, roof float64
	for _, p := range points {
		if p.Layer.Class == class && p.Pass == pass {
			n++
			gflops += math.Log(p.GFLOPS)
			peak += math.Log(p.Real / r.Peak)
			roof += math.Log(p.Share())
		}
	}
	if n == 0 {
		return nil
	}
	return []string{
		"<" + class, "<" + string(pass), ">" + strconv.Itoa(int(n)), ">" + figures(math.Exp(gflops/n)), ">" + percent(math.Exp(peak/n)), ">" + percent(math.Exp(roof/n)),
	}
}

// writeColumns writes columns as wide as their widest cell, cells to the left or
// to the right as their first letter ("<" or ">") says.
func writeColumns(b *strings.Builder, rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(c)-1)
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, c := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+1)
			if i > 0 {
				line.WriteString("  ")
			}
			if c[0] == '>' {
				line.WriteString(pad + c[1:])
			} else {
				line.WriteString(c[1:] + pad)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// figures writes v with three significant digits, without an exponent.
func figures(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}

func percent(v float64) string { return strconv.FormatFloat(100*v, 'f', 0, 64) + " %" }

// milliseconds writes a time in seconds.
func milliseconds(seconds float64) string {
	return strconv.FormatFloat(1e3*seconds, 'g', 3, 64) + " ms"
}

// binary writes a size in KiB or MiB.
func binary(bytes int) string {
	if bytes < 1<<20 {
		return strconv.Itoa(bytes>>10) + " KiB"
	}
	return strconv.Itoa(bytes>>20) + " MiB"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
