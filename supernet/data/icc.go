package data

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"unicode/utf16"
)

// iccProfile is an ICC profile as a file holds it (ICC.1:2022). Any bytes are one: what is not there is not found.
type iccProfile []byte

// iccHeader is the length of its header, behind which the tags are listed.
const iccHeader = 128

// name returns what the profile is called, "" if it is that of sRGB or as good as, or there is none.
func (p iccProfile) name() string {
	if len(p) < iccHeader || p.isSRGB() {
		return ""
	}
	space := strings.TrimSpace(string(p[16:20]))
	if name := iccText(p.tag("desc")); name != "" {
		return name
	}
	return "a profile of " + space
}

// tag returns the content of a tag, nil if there is none.
func (p iccProfile) tag(name string) []byte {
	const entry = 12
	if len(p) < iccHeader+4 {
		return nil
	}
	rest := p[iccHeader+4:]
	for range binary.BigEndian.Uint32(p[iccHeader:]) {
		if len(rest) < entry {
			return nil
		}
		if string(rest[:4]) == name {
			at, size := uint64(binary.BigEndian.Uint32(rest[4:])), uint64(binary.BigEndian.Uint32(rest[8:]))
			if at+size > uint64(len(p)) {
				return nil
			}
			return p[at : at+size]
		}
		rest = rest[entry:]
	}
	return nil
}

// primaries are X, Y and Z of red, green and blue of sRGB under D50, as profiles hold them.
var primaries = map[string][3]float64{"rXYZ": {0.4361, 0.2225, 0.0139}, "gXYZ": {0.3851, 0.7169, 0.0971}, "bXYZ": {0.1431, 0.0606, 0.7141}}

// isSRGB reports whether numbers mean what they mean in sRGB, or grey ones what grey means there: by primaries and curves,
// since names differ. A profile that has tables instead is none.
func (p iccProfile) isSRGB() bool {
	curves := []string{"rTRC", "gTRC", "bTRC"}
	switch string(p[16:20]) {
	case "GRAY":
		curves = []string{"kTRC"}
	case "RGB ":
		for name, want := range primaries {
			v := iccNumbers(p.tag(name), 8, 3)
			if v == nil || slices.ContainsFunc([]int{0, 1, 2}, func(i int) bool { return math.Abs(v[i]-want[i]) > nearColour }) {
				return false
			}
		}
	default:
		return false
	}
	return !slices.ContainsFunc(curves, func(name string) bool { return !likeSRGB(p.tag(name)) })
}

// iccNumbers returns n numbers of 16 bits before the point and 16 behind it from a byte on, nil if there are not as many.
func iccNumbers(tag []byte, from, n int) []float64 {
	if len(tag) < from+4*n {
		return nil
	}
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(int32(binary.BigEndian.Uint32(tag[from+4*i:]))) / (1 << 16)
	}
	return v
}

// likeSRGB reports whether a tag is a curve that is near that of sRGB.
func likeSRGB(tag []byte) bool {
	curve := iccCurve(tag)
	if curve == nil {
		return false
	}
	for _, x := range []float64{0.1, 0.2, 0.4, 0.6, 0.8, 1} {
		if !(math.Abs(curve(x)-math.Pow((x+0.055)/1.055, 2.4)) <= nearCurve) {
			return false
		}
	}
	return true
}

// iccCurve returns what a curve makes of a number between 0 and 1; nil if the tag is none.
func iccCurve(tag []byte) func(x float64) float64 {
	if len(tag) < 12 {
		return nil
	}
	if string(tag[:4]) == "para" {
		return parametricCurve(tag)
	}
	n := uint64(binary.BigEndian.Uint32(tag[8:]))
	if string(tag[:4]) != "curv" || uint64(len(tag)) < 12+2*n {
		return nil
	}
	at := func(i int) float64 { return float64(binary.BigEndian.Uint16(tag[12+2*i:])) }
	switch n {
	case 0:
		return func(x float64) float64 { return x }
	case 1:
		return func(x float64) float64 { return math.Pow(x, at(0)/256) }
	}
	return func(x float64) float64 {
		place := x * float64(n-1)
		i := min(int(place), int(n)-2)
		part := place - float64(i)
		return ((1-part)*at(i) + part*at(i+1)) / math.MaxUint16
	}
}

// parametricCurve returns one of the five kinds of formula: (a x + b)^g + e from d on, c x + f below.
func parametricCurve(tag []byte) func(x float64) float64 {
	counts := []int{1, 3, 4, 5, 7}
	kind := int(binary.BigEndian.Uint16(tag[8:]))
	if kind >= len(counts) {
		return nil
	}
	v := iccNumbers(tag, 12, counts[kind])
	if v == nil {
		return nil
	}
	g, a, b, c, d, e, f := v[0], 1.0, 0.0, 0.0, math.Inf(-1), 0.0, 0.0
	if kind > 0 {
		a, b = v[1], v[2]
		d = -b / a
	}
	switch kind {
	case 2:
		e, f = v[3], v[3]
	case 3:
		c, d = v[3], v[4]
	case 4:
		c, d, e, f = v[3], v[4], v[5], v[6]
	}
	return func(x float64) float64 {
		if x >= d {
			return math.Pow(a*x+b, g) + e
		}
		return c*x + f
	}
}

// iccText returns the text of a tag: the first of several languages, or ASCII as earlier versions have it.
func iccText(tag []byte) string {
	if len(tag) < 12 {
		return ""
	}
	switch string(tag[:4]) {
	case "desc":
		text, _, _ := strings.Cut(string(tag[12:min(uint64(len(tag)), 12+uint64(binary.BigEndian.Uint32(tag[8:])))]), "\x00")
		return strings.TrimSpace(text)
	case "mluc":
		if len(tag) < 28 {
			return ""
		}
		size, at := uint64(binary.BigEndian.Uint32(tag[20:])), uint64(binary.BigEndian.Uint32(tag[24:]))
		if at+size > uint64(len(tag)) {
			return ""
		}
		var units []uint16
		for text := tag[at : at+size]; len(text) >= 2; text = text[2:] {
			units = append(units, binary.BigEndian.Uint16(text))
		}
		return strings.TrimSpace(strings.TrimRight(string(utf16.Decode(units)), "\x00"))
	}
	return ""
}
