package data

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// Pixels are read as sRGB, whatever a file says about its colours: networks and the recipe outside of this program were
// taught so. Where a file says something else, a person is told.

// Profiles counts pictures whose files say that their colours are not those of sRGB.
type Profiles struct {
	n, of       int
	path, first string // of the first: its file, and what that says
}

// Add takes in what ColourProfile says of a picture.
func (p *Profiles) Add(path, profile string) {
	p.of++
	if profile == "" {
		return
	}
	if p.n++; p.n == 1 {
		p.path, p.first = path, profile
	}
}

// Note returns a sentence that a person should know, "" if there is no such picture.
func (p *Profiles) Note() string {
	if p.n == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d pictures say that their colours are not those of sRGB, such as %s (%s): they are read as if they were; "+
		"convert them to sRGB first if these colours matter", p.n, p.of, p.path, p.first)
}

// ColourProfile returns what a picture file says about its colours, where these are not those of sRGB or as good as:
// the name of an ICC profile, or chunks of PNG. It is "" for others.
func ColourProfile(path string) (string, error) {
	p, err := openPicture(path)
	if err != nil {
		return "", err
	}
	return p.colours(), nil
}

// colours returns what ColourProfile does.
func (p *pictureFile) colours() string {
	const tiffICC = 34675
	switch p.format {
	case "png":
		return pngColours(p.bytes[min(8, len(p.bytes)):])
	case "jpeg":
		return iccProfile(jpegICC(p.bytes)).name()
	case "webp":
		return iccProfile(chunk(p.bytes[min(12, len(p.bytes)):], binary.LittleEndian, "ICCP", 0)).name()
	case "tiff":
		return iccProfile(tiffBytes(p.bytes, tiffICC)).name()
	}
	return ""
}

// jpegICC returns the ICC profile of a JPEG file: what its segments APP2 hold behind their names and numbers.
func jpegICC(file []byte) (profile []byte) {
	const title, numbers = "ICC_PROFILE\x00", 2
	for marker, content := range jpegSegments(file) {
		if rest, ok := bytes.CutPrefix(content, []byte(title)); ok && marker == 0xe2 && len(rest) > numbers {
			profile = append(profile, rest[numbers:]...)
		}
	}
	return profile
}

// maxProfile bounds what is unpacked of an ICC profile, in bytes.
const maxProfile = 1 << 22

// pngColours reads what chunks of PNG say, in the order in which they count: cICP, iCCP, sRGB, gAMA and cHRM.
func pngColours(chunks []byte) string {
	find := func(name string) []byte { return chunk(chunks, binary.BigEndian, name, 4) }
	const bt709, transferSRGB = 1, 13
	switch c := find("cICP"); {
	case len(c) == 4 && c[0] == bt709 && c[1] == transferSRGB:
		return ""
	case len(c) == 4:
		return fmt.Sprintf("cICP %d/%d", c[0], c[1])
	}
	if packed := find("iCCP"); packed != nil {
		_, rest, named := bytes.Cut(packed, []byte{0})
		if !named || len(rest) < 1 {
			return ""
		}
		z, err := zlib.NewReader(bytes.NewReader(rest[1:])) // behind the number of the method, of which there is one
		if err != nil {
			return ""
		}
		profile, _ := io.ReadAll(io.LimitReader(z, maxProfile)) // of a damaged one, what can be read
		return iccProfile(profile).name()
	}
	if find("sRGB") != nil {
		return ""
	}
	var said []string
	if g := pngNumbers(find("gAMA"), 1); g != nil && math.Abs(g[0]-1/2.2) > nearGamma {
		said = append(said, fmt.Sprintf("gAMA %.5g", g[0]))
	}
	for i, v := range pngNumbers(find("cHRM"), len(chromaticities)) {
		if math.Abs(v-chromaticities[i]) > nearColour {
			said = append(said, "cHRM")
			break
		}
	}
	return strings.Join(said, ", ")
}

// pngNumbers returns the n numbers of a chunk, nil if it has not as many.
func pngNumbers(content []byte, n int) []float64 {
	if len(content) != 4*n {
		return nil
	}
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(binary.BigEndian.Uint32(content[4*i:])) / 100_000
	}
	return v
}

// chromaticities are x and y of white, red, green and blue of sRGB (BT.709).
var chromaticities = [8]float64{0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06}

// How far from sRGB numbers may be that stand for it: they are rounded, and many write an exponent of 2.2.
const (
	nearGamma  = 0.01  // of 1/2.2
	nearColour = 0.004 // of coordinates of a colour
	nearCurve  = 0.012 // of light, where 1 is white
)
