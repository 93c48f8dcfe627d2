package data

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
)

// bytesOf writes values as NumPy does.
func bytesOf(t testing.TB, order binary.ByteOrder, values any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := binary.Write(&b, order, values); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The same two pictures of 1 x 2 x 3 are read from every type, in every range and order.
func TestPicturesInArraysOfEveryType(t *testing.T) {
	pix := []uint8{0, 51, 102, 255, 204, 153, 255, 0, 51, 102, 153, 204}
	var floats, ones []float64
	var f32 []float32
	var i64 []int64
	var u16, halves []uint16
	for _, v := range pix {
		floats, ones, f32 = append(floats, float64(v)), append(ones, float64(v)/255), append(f32, float32(v)/255)
		i64, u16 = append(i64, int64(v)), append(u16, uint16(v)*257)
		// Fifths in 16 bits, from the tables of IEEE 754: 0.2 is 0x3266, 0.4 0x3666, 0.6 0x38cd, 0.8 0x3a66, 1 0x3c00.
		halves = append(halves, []uint16{0, 0x3266, 0x3666, 0x38cd, 0x3a66, 0x3c00}[v/51])
	}
	planes := make([]uint8, 0, 12)
	for n := range 2 {
		for c := range 3 {
			planes = append(planes, pix[6*n+c], pix[6*n+3+c])
		}
	}
	le, be := binary.LittleEndian, binary.BigEndian
	for name, x := range map[string][]byte{
		"u1": npyOf("|u1", "2, 1, 2, 3", pix), "planes": npyOf("|u1", "2, 3, 1, 2", planes),
		"f8 of 0 to 255": npyOf("<f8", "2, 1, 2, 3", bytesOf(t, le, floats)), "f8 of 0 to 1": npyOf(">f8", "2, 1, 2, 3", bytesOf(t, be, ones)),
		"f4": npyOf("<f4", "2, 1, 2, 3", bytesOf(t, le, f32)), "f2": npyOf(">f2", "2, 1, 2, 3", bytesOf(t, be, halves)),
		"i8": npyOf("<i8", "2, 1, 2, 3", bytesOf(t, le, i64)), "u2": npyOf(">u2", "2, 1, 2, 3", bytesOf(t, be, u16)),
	} {
		d, err := Open(tree(t, map[string][]byte{"x_train.npy": x, "y_train.npy": npyOf("|u1", "2,", []byte{0, 1})}), OpenOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s := d.Train; s.H != 1 || s.W != 2 || s.C != 3 || !slices.Equal(s.Pix, pix) || len(d.Notes) > 0 {
			t.Errorf("%s: %dx%dx%d %v, notes %q; want %v", name, s.H, s.W, s.C, s.Pix, d.Notes, pix)
		}
	}
	grey := map[string][]byte{"y.npy": npyOf("|u1", "2,", []byte{0, 1}), "X.npy": npyOf("|b1", "2, 16", bytes.Repeat([]byte{0, 1}, 16))}
	d, err := Open(tree(t, grey), OpenOptions{})
	if err != nil || d.Train.H != 4 || d.Train.C != 1 || !slices.Equal(d.Train.Pix[:4], []uint8{0, 255, 0, 255}) {
		t.Errorf("truth values in rows: %v", err)
	}
	low := map[string][]byte{"y.npy": npyOf("|u1", "2,", []byte{0, 1}), "x.npy": npyOf("<u2", "2, 1, 1", bytesOf(t, le, []uint16{1023, 1}))}
	if d, err = Open(tree(t, low), OpenOptions{}); err != nil || !strings.Contains(strings.Join(d.Notes, " "), "cameras of 10 bits") || d.Train.Pix[0] != 4 {
		t.Errorf("10 bits: %v", err)
	}
}

// Values that may mean several things are refused, and so are those of a test part that mean
// others than those of the training part.
func TestPicturesInArraysThatMayMeanAnything(t *testing.T) {
	f4 := func(v ...float32) []byte { return npyOf("<f4", "2, 1, 1", bytesOf(t, binary.LittleEndian, v)) }
	labels := npyOf("|u1", "2,", []byte{0, 1})
	for _, c := range []struct {
		train, test []byte
		want        string
	}{
		{f4(-1, 1), nil, "values from -1 to 1"},
		{f4(0, 4.25), nil, "not normalised"},
		{f4(0, 256), nil, "values from 0 to 256"},
		{f4(0, float32(math.NaN())), nil, "picture 1 has a value NaN"},
		{f4(0, float32(math.Inf(1))), nil, "picture 1 has a value +Inf"},
		{f4(0, 1), f4(0, 255), "those of the training part, 0 to 1"},
		{f4(0, 255), f4(0, 1), "those of the training part, 0 to 255"},
		{npyOf("<i2", "2, 1, 1", []byte{0, 1, 0, 4}), nil, "values from 256 to 1024"},
		{npyOf("|u1", "2, 2, 1, 4", make([]byte, 16)), nil, "shape [2 2 1 4]"},
		{npyOf("|u1", "2, 48", make([]byte, 96)), nil, "shape [2 48]"},
		{bytes.Replace(f4(0, 1), []byte("False, "), []byte("True,  "), 1), nil, "Fortran order"},
	} {
		files := map[string][]byte{"x_train.npy": c.train, "y_train.npy": labels}
		if c.test != nil {
			files["x_test.npy"], files["y_test.npy"] = c.test, labels
		}
		if _, err := Open(tree(t, files), OpenOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; want %q", err, c.want)
		}
	}
}

// Labels may be of any type, from any number on, or marks of classes; what tells no class, or
// several, is refused.
func TestLabelsInArrays(t *testing.T) {
	le := binary.LittleEndian
	wide := func(text string) (b []byte) { // a rune in four bytes each
		for _, c := range text {
			b = le.AppendUint32(b, uint32(c))
		}
		return b
	}
	for _, c := range []struct {
		labels  []byte
		classes string // of 0, 1 and 1; or an error
	}{
		{npyOf("|i1", "3,", []byte{0xff, 1, 1}), "-1 1"},
		{npyOf("<i4", "3, 1", bytesOf(t, le, []int32{9, 10, 10})), "9 10"},
		{npyOf("<f8", "3,", bytesOf(t, le, []float64{3, 8, 8})), "3 8"},
		{npyOf("|b1", "3,", []byte{0, 1, 1}), "False True"},
		{npyOf("<U3", "3,", wide("cat"+"th\u00e9"+"th\u00e9")), "cat th\u00e9"},
		{npyOf("|S3", "3,", []byte("a\x00\x00dogdog")), "a dog"},
		{npyOf("<f4", "3, 3", bytesOf(t, le, []float32{1, 0, 0, 0, 0, 1, 0, 0, 1})), "0 2"},
		{npyOf("|b1", "3, 2", []byte{1, 0, 0, 1, 0, 1}), "0 1"},
		{npyOf("|u1", "3, 2", []byte{1, 0, 1, 1, 0, 1}), "2 of 2 columns are 1"},
		{npyOf("|u1", "3, 2", []byte{1, 0, 0, 0, 0, 1}), "0 of 2 columns are 1"},
		{npyOf("<f4", "3, 2", bytesOf(t, le, []float32{0.75, 0.25, 0, 1, 0, 1})), "0.75 in column 0"},
		{npyOf("<f4", "3,", bytesOf(t, le, []float32{0, 0.5, 1})), "0.5; expected a whole number"},
		{npyOf("|O", "3,", []byte("any")), "Python objects"},
		{npyOf("|S2", "3,", make([]byte, 6)), "none; expected one"},
	} {
		x := npyOf("|u1", "3, 1, 1", []byte{0, 1, 2})
		d, err := Open(tree(t, map[string][]byte{"x_train.npy": x, "y_train.npy": c.labels}), OpenOptions{})
		switch {
		case err != nil && !strings.Contains(err.Error(), c.classes):
			t.Errorf("%v; want %q", err, c.classes)
		case err == nil && (strings.Join(d.Train.Classes, " ") != c.classes || !slices.Equal(d.Train.Labels, []uint16{0, 1, 1})):
			t.Errorf("classes %q, labels %v; want %q", d.Train.Classes, d.Train.Labels, c.classes)
		}
	}
}
