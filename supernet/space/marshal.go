package space

import "fmt"

// MarshalText writes the op's name.
func (o Op) MarshalText() ([]byte, error) {
	if !o.known() {
		return nil, fmt.Errorf("op %d is unknown", uint8(o))
	}
	return []byte(o.row().name), nil
}

// UnmarshalText reads an op's name.
func (o *Op) UnmarshalText(b []byte) error {
	var names []string
	for i, r := range opRows {
		if r.name != "" && r.name == string(b) {
			*o = Op(i)
			return nil
		}
		names = append(names, r.name)
	}
	return fmt.Errorf("op %q is unknown; want one of %v", b, names[1:])
}

// MarshalText writes the activation's name.
func (a Act) MarshalText() ([]byte, error) {
	if int(a) >= len(actNames) {
		return nil, fmt.Errorf("activation %d is unknown", uint8(a))
	}
	return []byte(actNames[a]), nil
}

// UnmarshalText reads an activation's name.
func (a *Act) UnmarshalText(b []byte) error {
	v, err := ParseAct(string(b))
	if err == nil {
		*a = v
	}
	return err
}
