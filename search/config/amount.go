package config

import (
	"fmt"
	"strconv"
)

// Amount is a number from 0 on, or left to the data: auto.
type Amount float64

// AutoAmount is left to the data.
const AutoAmount Amount = -1

// UnmarshalText reads a number or auto.
func (a *Amount) UnmarshalText(text []byte) error {
	if string(text) == string(Auto) {
		*a = AutoAmount
		return nil
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || v < 0 {
		return fmt.Errorf("%q is neither a number from 0 on nor auto", text)
	}
	*a = Amount(v)
	return nil
}

// MarshalText writes a number or auto.
func (a Amount) MarshalText() ([]byte, error) {
	if a == AutoAmount {
		return []byte(Auto), nil
	}
	return strconv.AppendFloat(nil, float64(a), 'g', -1, 64), nil
}
