package data

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// fixed writes numbers of 16 bits before the point and 16 behind it.
func fixed(b []byte, numbers ...float64) []byte {
	for _, v := range numbers {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(v*65536)))
	}
	return b
}

// Contents of tags.
func xyzTag(v ...float64) []byte { return fixed([]byte("XYZ \x00\x00\x00\x00"), v...) }

func gammaTag(g float64) []byte {
	return binary.BigEndian.AppendUint16([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), uint16(g*256))
}

func paraTag(kind byte, v ...float64) []byte {
	return fixed([]byte{'p', 'a', 'r', 'a', 0, 0, 0, 0, 0, kind, 0, 0}, v...)
}

func descTag(name string) []byte {
	b := binary.BigEndian.AppendUint32([]byte("desc\x00\x00\x00\x00"), uint32(len(name)+1))
	return append(append(b, name...), make([]byte, 1+8+70)...)
}

func mlucTag(name string) []byte {
	units := utf16.Encode([]rune(name))
	b := []byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS")
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, uint32(2*len(units))), 28)
	for _, u := range units {
		b = binary.BigEndian.AppendUint16(b, u)
	}
	return b
}

// iccOf lays out an ICC profile of version 2.4.
func iccOf(space string, tags map[string][]byte) []byte {
	head := make([]byte, iccHeader)
	copy(head[8:], "\x02\x40\x00\x00mntr"+space+"XYZ ")
	copy(head[36:], "acsp")
	copy(head[68:], fixed(nil, 0.9642, 1, 0.8249)) // D50
	list, content := binary.BigEndian.AppendUint32(nil, uint32(len(tags))), []byte(nil)
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		at := len(head) + 4 + 12*len(tags) + len(content)
		list = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(append(list, name...), uint32(at)), uint32(len(tags[name])))
		content = append(content, tags[name]...)
		content = append(content, make([]byte, -len(content)&3)...)
	}
	p := slices.Concat(head, list, content)
	binary.BigEndian.PutUint32(p, uint32(len(p)))
	return p
}

// Primaries under D50 as published for these spaces.
var (
	ofSRGB  = [3][]byte{xyzTag(0.43607, 0.22249, 0.01392), xyzTag(0.38515, 0.71687, 0.09708), xyzTag(0.14307, 0.06061, 0.71410)}
	ofAdobe = [3][]byte{xyzTag(0.60974, 0.31111, 0.01947), xyzTag(0.20528, 0.62567, 0.06087), xyzTag(0.14919, 0.06322, 0.74457)}
	ofP3    = [3][]byte{xyzTag(0.51512, 0.24120, -0.00105), xyzTag(0.29198, 0.69225, 0.04189), xyzTag(0.15710, 0.06657, 0.78407)}
)

var curveOfSRGB = paraTag(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)

func rgbProfile(name []byte, primaries [3][]byte, curve []byte) []byte {
	return iccOf("RGB ", map[string][]byte{
		"desc": name, "cprt": []byte("text\x00\x00\x00\x00none\x00"), "wtpt": xyzTag(0.9642, 1, 0.8249), "rXYZ": primaries[0], "gXYZ": primaries[1], "bXYZ": primaries[2],
		"rTRC": curve, "gTRC": curve, "bTRC": curve,
	})
}

func greyProfile(name string, curve []byte) []byte {
	return iccOf("GRAY", map[string][]byte{"desc": descTag(name), "cprt": []byte("text\x00\x00\x00\x00none\x00"), "wtpt": xyzTag(0.9642, 1, 0.8249), "kTRC": curve})
}

// profiles returns some by their names; of those that begin with "like" nobody need be told.
func profiles() map[string][]byte {
	return map[string][]byte{
		"like sRGB":      rgbProfile(descTag("sRGB IEC61966-2.1"), ofSRGB, curveOfSRGB),
		"like gamma 2.2": rgbProfile(descTag("c2"), ofSRGB, gammaTag(2.2)),
		"like grey 2.2":  greyProfile("Gray Gamma 2.2", gammaTag(2.2)),
		"Adobe RGB":      rgbProfile(descTag("Adobe RGB"), ofAdobe, gammaTag(2.2)),
		"Display P3":     rgbProfile(mlucTag("Display P3"), ofP3, curveOfSRGB),
		"linear":         rgbProfile(descTag("linear"), ofSRGB, []byte("curv\x00\x00\x00\x00\x00\x00\x00\x00")),
		"Apple":          rgbProfile(descTag("Apple"), ofSRGB, gammaTag(1.8)),
		"Gray 1.8":       greyProfile("Gray 1.8", gammaTag(1.8)),
	}
}

// pngChunks puts chunks behind the header of a PNG file: name, content and so on.
func pngChunks(file []byte, chunks ...string) []byte {
	var all []byte
	for i := 0; i < len(chunks); i += 2 {
		c := append([]byte(chunks[i]), chunks[i+1]...)
		all = binary.BigEndian.AppendUint32(all, uint32(len(chunks[i+1])))
		all = binary.BigEndian.AppendUint32(append(all, c...), crc32.ChecksumIEEE(c))
	}
	return slices.Concat(file[:33], all, file[33:])
}

// packed is the content of a chunk iCCP.
func packed(profile []byte) string {
	var b bytes.Buffer
	b.WriteString("ICC profile\x00\x00")
	z := zlib.NewWriter(&b)
	z.Write(profile)
	z.Close()
	return b.String()
}

// jpegWithProfile puts a profile behind the start of a JPEG file, in two segments.
func jpegWithProfile(file, profile []byte) []byte {
	out := slices.Clone(file[:2])
	for i, part := range [][]byte{profile[:200], profile[200:]} {
		content := append([]byte("ICC_PROFILE\x00"), byte(i+1), 2)
		out = append(append(out, 0xff, 0xe2, byte((len(content)+len(part)+2)>>8), byte(len(content)+len(part)+2)), content...)
		out = append(out, part...)
	}
	return append(out, file[2:]...)
}

func gamaOf(v uint32) string { return string(binary.BigEndian.AppendUint32(nil, v)) }

func chrmOf(v ...uint32) string {
	var b []byte
	for _, n := range v {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return string(b)
}

// What a file says of its colours is told where these are others than those of sRGB: chunks of PNG in the order in which
// they count, profiles by what their numbers are and not by how they are called.
func TestColoursAreTold(t *testing.T) {
	png, jpg := pngOf(t, 4, 4, corner), jpegPicture(t, rgbaOf(8, 8, corner))
	bt709 := chrmOf(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
	p3 := chrmOf(31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
	adobe := profiles()["Adobe RGB"]
	files := map[string][]byte{
		"nothing 1.png": png, "nothing 2.jpg": jpg,
		"nothing 3.png": pngChunks(png, "gAMA", gamaOf(45455), "cHRM", bt709),
		"nothing 4.png": pngChunks(png, "gAMA", gamaOf(100000), "cHRM", p3, "sRGB", "\x00"),
		"nothing 5.png": pngChunks(png, "gAMA", gamaOf(45454)),
		"nothing 6.png": pngChunks(png, "cICP", "\x01\x0d\x00\x01", "gAMA", gamaOf(100000)),
		"nothing 7.png": pngChunks(png, "iCCP", "cut"), "nothing 8.png": pngChunks(png, "gAMA", "cut"),
		"gAMA 1.png": pngChunks(png, "gAMA", gamaOf(100000)), "gAMA 0.55556.png": pngChunks(png, "gAMA", gamaOf(55556), "cHRM", bt709),
		"cHRM.png": pngChunks(png, "cHRM", p3), "gAMA 1, cHRM.png": pngChunks(png, "gAMA", gamaOf(100000), "cHRM", p3),
		"cICP 12_13.png":        pngChunks(png, "cICP", "\x0c\x0d\x00\x01"),
		"a profile of CMYK.jpg": jpegWithProfile(jpg, iccOf("CMYK", map[string][]byte{"A2B0": make([]byte, 200)})),
		"Adobe RGB.png":         pngChunks(png, "iCCP", packed(adobe), "sRGB", "\x00"),
	}
	for name, p := range profiles() {
		files[name+".jpg"], files[name+" .png"] = jpegWithProfile(jpg, p), pngChunks(png, "iCCP", packed(p))
	}
	dir := tree(t, files)
	for name := range files {
		want := strings.TrimSpace(strings.ReplaceAll(strings.TrimSuffix(name, filepath.Ext(name)), "_", "/"))
		if strings.HasPrefix(want, "nothing") || strings.HasPrefix(want, "like") {
			want = ""
		}
		if got, err := ColourProfile(filepath.Join(dir, name)); err != nil || got != want {
			t.Errorf("%s says %q (%v); want %q", name, got, err, want)
		}
	}
	whole := files["Display P3.jpg"]
	for n := range whole { // no part of a file breaks anything
		for _, format := range []string{"jpeg", "png", "webp", "tiff"} {
			(&pictureFile{bytes: whole[:n], format: format}).colours()
		}
		iccProfile(whole[n:]).name()
	}
}

// A folder has one note, over all of its parts, in memory and streamed.
func TestForeignColoursAreNotedOnce(t *testing.T) {
	png, p3 := pngOf(t, 4, 4, corner), packed(profiles()["Display P3"])
	dir := tree(t, map[string][]byte{
		"train/a/1.png": png, "train/a/2.png": pngChunks(png, "iCCP", p3), "train/b/1.png": png, "train/b/2.png": png,
		"test/a/1.png": pngChunks(png, "iCCP", p3), "test/b/1.png": png,
	})
	for _, cache := range []int64{0, 1} {
		d, err := Open(dir, OpenOptions{Cache: cache})
		if err != nil {
			t.Fatal(err)
		}
		var notes []string
		for _, n := range d.Notes {
			if strings.Contains(n, "sRGB") {
				notes = append(notes, n)
			}
		}
		if want := "2 of 6 pictures say that their colours are not those of sRGB, such as " + filepath.Join(dir, "train", "a", "2.png") + " (Display P3)"; len(notes) != 1 || !strings.HasPrefix(notes[0], want) {
			t.Errorf("cache %d: notes %q; want one that begins with %q", cache, notes, want)
		}
	}
}
