package bench

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// raplRoot is where Linux shows the processor's counters of energy.
const raplRoot = "/sys/class/powercap"

// meter reads the energy counters of all processor packages, as RAPL (running
// average power limit) keeps them: microjoules that begin again at 0.
type meter struct {
	counters []packageCounter
}

// packageCounter is that of one package.
type packageCounter struct {
	path  string
	wraps float64 // microjoules at which it begins again
}

// openMeter finds the counters under root. Zones such as intel-rapl:0 are packages;
// intel-rapl:0:1 and the like are parts of them, which would be counted twice.
func openMeter(root string) (*meter, error) {
	zones, err := filepath.Glob(filepath.Join(root, "*-rapl:*"))
	if err != nil {
		return nil, err
	}
	m := &meter{}
	for _, zone := range zones {
		if strings.Count(filepath.Base(zone), ":") != 1 {
			continue
		}
		c := packageCounter{path: filepath.Join(zone, "energy_uj")}
		if c.wraps, err = microjoules(filepath.Join(zone, "max_energy_range_uj")); err != nil {
			return nil, err
		}
		m.counters = append(m.counters, c)
	}
	if len(m.counters) == 0 {
		return nil, fmt.Errorf("%s: no energy counters of a processor; want intel-rapl:0 or the like", root)
	}
	_, err = m.read()
	return m, err
}

// read returns all counters, microjoules.
func (m *meter) read() ([]float64, error) {
	out := make([]float64, len(m.counters))
	var errs []error
	for i, c := range m.counters {
		var err error
		out[i], err = microjoules(c.path)
		errs = append(errs, err)
	}
	return out, errors.Join(errs...)
}

// joules returns the energy between two readings no further apart than a counter
// takes to begin again.
func (m *meter) joules(from, to []float64) float64 {
	sum := 0.0
	for i, c := range m.counters {
		d := to[i] - from[i]
		if d < 0 {
			d += c.wraps
		}
		sum += d
	}
	return sum / 1e6
}

// microjoules reads a file that holds one number.
func microjoules(path string) (float64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%s: %q; want microjoules", path, text)
	}
	return v, nil
}
