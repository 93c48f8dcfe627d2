package space_test

import (
	"encoding/json"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Squares are whole numbers in files, as they were before there was anything else; what is
// written is read, and nothing that is not written.
func TestSidesAsText(t *testing.T) {
	for s, want := range map[space.Sides]string{space.Square(3): `{"K":3}`, {}: `{"K":0}`, {H: 3, W: 1}: `{"K":"3x1"}`, {H: 1, W: 15}: `{"K":"1x15"}`} {
		type file struct{ K space.Sides }
		b, err := json.Marshal(file{s})
		if err != nil || string(b) != want {
			t.Errorf("%v is written as %s, %v; want %s", s, b, err, want)
		}
		var got file
		if err := json.Unmarshal([]byte(want), &got); err != nil || got.K != s {
			t.Errorf("%s is read as %v, %v; want %v", want, got.K, err, s)
		}
	}
	for _, bad := range []string{"3x3", "3x", "x1", "3x1x1", "03", "3.5", "-1x01", "", "true", "+3"} {
		if s, err := space.ParseSides(bad); err == nil {
			t.Errorf("%q is read as %v; want an error", bad, s)
		}
	}
}
