package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Count is a large number that people write as 20M or 1.5G.
type Count int64

// UnmarshalText reads digits with an optional fraction and one of the suffixes
// k, M or G (powers of 1000).
func (c *Count) UnmarshalText(text []byte) error {
	s := string(text)
	for suffix, power := range map[string]string{"k": "e3", "K": "e3", "M": "e6", "G": "e9"} {
		if t, ok := strings.CutSuffix(s, suffix); ok {
			s = t + power // is read exactly, where a product of 16.1 and 1000 is no whole number
			break
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0 && v < 1e18) || v != math.Trunc(v) {
		return fmt.Errorf("%q is no count; want a whole number of at least 0, such as 250000 or 20M", text)
	}
	*c = Count(v)
	return nil
}

// MarshalText writes all digits.
func (c Count) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(c), 10), nil }
