package config

import "fmt"

// Toggle is on, off, or left to the data: auto.
type Toggle string

// The values of a Toggle.
const (
	Auto Toggle = "auto"
	On   Toggle = "true"
	Off  Toggle = "false"
)

// UnmarshalText reads true, false, on, off or auto.
func (t *Toggle) UnmarshalText(text []byte) error {
	switch s := string(text); s {
	case "true", "on":
		*t = On
	case "false", "off":
		*t = Off
	case "auto":
		*t = Auto
	default:
		return fmt.Errorf("%q is neither true, false nor auto", s)
	}
	return nil
}

// MarshalText writes true, false or auto.
func (t Toggle) MarshalText() ([]byte, error) { return []byte(t), nil }
