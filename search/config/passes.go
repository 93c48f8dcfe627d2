package config

import (
	"fmt"
	"strconv"
)

// Passes is a number of passes over the training split, or left to the data: auto.
type Passes float64

// AutoPasses is left to the data.
const AutoPasses Passes = -1

// UnmarshalText reads a number or auto.
func (p *Passes) UnmarshalText(text []byte) error {
	if string(text) == string(Auto) {
		*p = AutoPasses
		return nil
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || v < 0 {
		return fmt.Errorf("%q is neither a number of passes from 0 on nor auto", text)
	}
	*p = Passes(v)
	return nil
}

// MarshalText writes a number or auto.
func (p Passes) MarshalText() ([]byte, error) {
	if p == AutoPasses {
		return []byte(Auto), nil
	}
	return strconv.AppendFloat(nil, float64(p), 'g', -1, 64), nil
}
