package space

import (
	"fmt"
	"strconv"
	"strings"
)

// Sides is a height and a width: of a kernel in taps, of a padding in pixels.
type Sides struct{ H, W int }

// Square returns k x k.
func Square(k int) Sides { return Sides{k, k} }

// Area returns height times width: the taps of a kernel.
func (s Sides) Area() int { return s.H * s.W }

// Within reports whether s is no higher and no wider than the other.
func (s Sides) Within(other Sides) bool { return s.H <= other.H && s.W <= other.W }

// String returns height and width, as in "3x1".
func (s Sides) String() string { return fmt.Sprintf("%dx%d", s.H, s.W) }

// Short returns the side of a square, as in "3", and height and width of what is none.
func (s Sides) Short() string {
	if s.H == s.W {
		return strconv.Itoa(s.H)
	}
	return s.String()
}

// ParseSides returns what Short wrote.
func ParseSides(text string) (Sides, error) {
	height, width, both := strings.Cut(text, "x")
	h, err := strconv.Atoi(height)
	w := h
	if err == nil && both {
		w, err = strconv.Atoi(width)
	}
	if s := (Sides{h, w}); err == nil && s.Short() == text {
		return s, nil
	}
	return Sides{}, fmt.Errorf("sides are %q; want a whole number for a square, such as 3, or height and width of what is none, such as 3x1", clip(text))
}

// MarshalJSON writes the side of a square as a number, as all files did when there was
// nothing else, and "3x1" for what is none.
func (s Sides) MarshalJSON() ([]byte, error) {
	if s.H == s.W {
		return []byte(s.Short()), nil
	}
	return []byte(strconv.Quote(s.Short())), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Sides) UnmarshalJSON(b []byte) (err error) {
	*s, err = ParseSides(strings.Trim(string(b), `"`))
	return err
}
