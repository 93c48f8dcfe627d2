package latency

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/espalier-nas/espalier/internal/atomicfile"
	"github.com/espalier-nas/espalier/supernet/space"
)

// A file of probes is a csv table as predictor latency reads it. Comments at its
// beginning name the runtime and hold the seconds of the longest call.
const (
	probesOf   = "# probe: "
	probesCall = "# call: "
)

// The columns of a file of probes; all figures are per image.
const (
	columnArch      = "arch"
	columnPredicted = "predicted_ms" // by this program's own latencies
	columnMeasured  = "measured_ms"  // on its own kernels
	columnProbe     = "probe_ms"
	columnEnergy    = "energy_mJ"
)

// read takes over the file, if there is one.
func (p *Probes) read() error {
	text, err := os.ReadFile(p.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return p.take(text)
}

// take takes over what a file holds.
func (p *Probes) take(text []byte) error {
	if err := p.readHead(string(text)); err != nil {
		return err
	}
	rows := csv.NewReader(bytes.NewReader(text))
	rows.Comment = '#'
	all, err := rows.ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	if len(all) == 0 {
		return fmt.Errorf("%s: no names of columns; want %s and %s", p.path, columnArch, columnProbe)
	}
	arch, probe, energy := slices.Index(all[0], columnArch), slices.Index(all[0], columnProbe), slices.Index(all[0], columnEnergy)
	if arch < 0 || probe < 0 {
		return fmt.Errorf("%s: columns %q; want %s and %s among them", p.path, all[0], columnArch, columnProbe)
	}
	for i, row := range all[1:] {
		if err := p.readRow(row, arch, probe, energy); err != nil {
			return fmt.Errorf("%s: network %d: %w", p.path, i, err)
		}
	}
	return nil
}

// readHead reads the comments.
func (p *Probes) readHead(text string) error {
	name := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if of, ok := strings.CutPrefix(line, probesOf); ok {
			name = of
		}
		if call, ok := strings.CutPrefix(line, probesCall); ok {
			v, err := strconv.ParseFloat(strings.TrimSuffix(call, " s"), 64)
			if err != nil || !(v >= 0) || math.IsInf(v, 0) {
				return fmt.Errorf("%s: a call takes %q; want seconds", p.path, call)
			}
			p.call = v
		}
		if !strings.HasPrefix(line, "#") {
			break
		}
	}
	if name != p.Name() {
		return fmt.Errorf("%s holds what %q has said; want a file of its own for %q", p.path, name, p.Name())
	}
	return nil
}

// readRow takes over one network; energy is below 0 where there is no such column.
func (p *Probes) readRow(row []string, arch, probe, energy int) error {
	a, err := p.own.family.Space().Parse(row[arch])
	if err != nil {
		return err
	}
	if _, known := p.said[a]; known {
		return fmt.Errorf("%s is there twice; want it once", row[arch])
	}
	var s said
	if s.milliseconds, err = positive(columnProbe, row[probe]); err != nil {
		return err
	}
	if energy >= 0 {
		if s.millijoules, err = positive(columnEnergy, row[energy]); err != nil {
			return err
		}
	}
	p.note(a, s)
	return nil
}

func positive(column, text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%s is %q; want a number above 0", column, text)
	}
	return v, nil
}

// save replaces the file. What this program says of the networks stands beside, where
// it is known of all of them.
func (p *Probes) save() error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s\n%s%.3f s\n", probesOf, p.Name(), probesCall, p.call)
	w := csv.NewWriter(&b)
	head, beside, err := p.beside()
	if err != nil {
		return err
	}
	head = append([]string{"idx", columnArch}, append(head, columnProbe)...)
	if len(p.order) > 0 && p.Metered() {
		head = append(head, columnEnergy)
	}
	_ = w.Write(head) // into memory
	for i, a := range p.order {
		row := append([]string{strconv.Itoa(i), p.own.family.Space().Format(a)}, beside[i]...)
		row = append(row, figure(p.said[a].milliseconds))
		if p.Metered() {
			row = append(row, figure(p.said[a].millijoules))
		}
		_ = w.Write(row)
	}
	w.Flush()
	return atomicfile.WriteBytes(p.path, b.Bytes())
}

// beside returns the columns, and of each network the figures, that this program has.
func (p *Probes) beside() (names []string, figures [][]string, err error) {
	figures = make([][]string, len(p.order))
	if p.own.model == nil {
		return nil, figures, nil
	}
	names = []string{columnPredicted}
	for i, a := range p.order {
		seconds, err := p.own.Predict(a)
		if err != nil {
			return nil, nil, err
		}
		figures[i] = append(figures[i], figure(1e3*seconds))
	}
	if slices.ContainsFunc(p.order, func(a space.Arch) bool { _, known := p.own.timed[a]; return !known }) {
		return names, figures, nil
	}
	for i, a := range p.order {
		figures[i] = append(figures[i], figure(1e3*p.own.timed[a].Median/float64(p.own.batch)))
	}
	return append(names, columnMeasured), figures, nil
}

func figure(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
