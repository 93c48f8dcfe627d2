package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Energy is a number of joules that people write as 3mJ or 0.5J.
type Energy float64

// joules of the units that an energy may be given in, the longer names first.
var energyUnits = []struct {
	name   string
	joules float64
}{{"uJ", 1e-6}, {"µJ", 1e-6}, {"mJ", 1e-3}, {"J", 1}}

// UnmarshalText reads a number and its unit, or a plain 0.
func (e *Energy) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "0" {
		*e = 0
		return nil
	}
	for _, u := range energyUnits {
		digits, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(digits, 64)
		if v *= u.joules; err == nil && v >= 0 && !math.IsInf(v, 0) {
			*e = Energy(v)
			return nil
		}
	}
	return fmt.Errorf("%q is no energy; want a number of at least 0 with a unit, such as 3mJ or 0.5J", s)
}

// MarshalText writes joules, all digits.
func (e Energy) MarshalText() ([]byte, error) {
	return append(strconv.AppendFloat(nil, float64(e), 'g', -1, 64), 'J'), nil
}
