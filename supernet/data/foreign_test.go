package data

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Files that are no pictures that can be read are refused by what they are, whatever they are
// called, and are left out like damaged ones; a raw picture of a camera, a TIFF file inside, does
// not pass for the thumbnail in it.
func TestForeignFilesAreNamed(t *testing.T) {
	good := pngOf(t, 4, 4, plainColor(1, 1, 1))
	raw := seedPictures(t)["tiff"]
	for name, c := range map[string]struct{ file, want string }{
		"z.heic":   {"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "a HEIC picture"},
		"y.jpg":    {"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "a HEIC picture"},
		"z.avif":   {"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1", "an AVIF picture"},
		"z.svg":    {"\ufeff<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG picture"},
		"404.png":  {"\n<!DOCTYPE html><html></html>", "a web page"},
		"z.pdf":    {"%PDF-1.4\n", "a PDF document"},
		"z.cr2":    {"II*\x00\x10\x00\x00\x00CR\x02\x00", "raw picture (CR2)"},
		"z.nef":    {string(raw), "raw picture (NEF)"},
		"z.dcm":    {strings.Repeat("\x00", 128) + "DICM", "a DICOM picture"},
		"z.png":    {"PK\x03\x04", "a ZIP archive"},
		"z.ppm":    {"P3\n1 1\n255\n1 2 3\n", "as text"},
		"z.tga":    {"\x00\x00\x0a\x00", "a TGA picture"},
		"lfs.jpeg": {"version https://git-lfs.github.com/spec/v1\n", "pointer of Git LFS"},
	} {
		dir := tree(t, map[string][]byte{"a/1.png": good, "b/1.png": good, "b/" + name: []byte(c.file)})
		_, err := Open(dir, OpenOptions{})
		wantFault(t, err, name, NoOffset, c.want)
		if d, err := Open(dir, OpenOptions{SkipBad: true}); err != nil || d.Train.Len() != 2 || len(d.Notes) != 1 {
			t.Errorf("%s left out: %v", name, err)
		}
	}
}

// TIFF files packed as faxes are read as libtiff reads them, whether black is zero or one: white
// in the upper left corner of black.
func TestFaxes(t *testing.T) {
	for what, text := range map[string]string{
		"white is zero": "SUkqAA4AAAAweC4AIAIJAAABAwABAAAACAAAAAEBAwABAAAABAAAAAIBAwABAAAAAQAAAAMBAwABAAAABAAAAAYBAwABAAAAAAAAABEBBAABAAAACAAAABYBAwABAAAABAAAABcBBAABAAAABgAAABwBAwABAAAAAQAAAAAAAAA=",
		"black is zero": "SUkqAA4AAAAmt44AIAIJAAABAwABAAAACAAAAAEBAwABAAAABAAAAAIBAwABAAAAAQAAAAMBAwABAAAABAAAAAYBAwABAAAAAQAAABEBBAABAAAACAAAABYBAwABAAAABAAAABcBBAABAAAABgAAABwBAwABAAAAAQAAAAAAAAA=",
	} {
		corner := []uint8{255, 255, 255, 0, 0, 0, 0, 0}
		if got := readBase64(t, text, 4, 8, 1); !slices.Equal(got, slices.Concat(corner, corner, make([]uint8, 16))) {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// Of a WebP animation the first frame counts: red, or half transparent red on white.
func TestAnimatedWebP(t *testing.T) {
	for text, want := range map[string]uint8{
		"UklGRoQAAABXRUJQVlA4WAoAAAACAAAABwAABwAAQU5JTQYAAAAAAAAAAABBTk1GKAAAAAAAAAAAAAcAAAcAAAAAAAJWUDhMDwAAAC8HwAEABxD9j/4HIqL/AQBBTk1GKAAAAAAAAAAAAAcAAAcAAAAAAABWUDhMDwAAAC8HwAEABxDR//4HIqL/AQA=":                                                                                                                                                     0,
		"UklGRvIAAABXRUJQVlA4WAoAAAASAAAABwAABwAAQU5JTQYAAAAAAAAAAABBTk1GaAAAAAAAAAAAAAcAAAcAAAAAAAJBTFBICgAAAAEHUMCICERE/wNWUDggPgAAALABAJ0BKggACAAAAAAloAADXxQWlwAA/v/+tZlB///LEP//LEP//LEP/liH///xPT///E9P//8T0//4mQAAQU5NRlYAAAAAAAAAAAAHAAAHAAAAAAAAVlA4ID4AAAC0AQCdASoIAAgAAAAAJaAAA18UFpcAAP7//5jMPP///ien//+J6f//4np//xPT//+HKf/4cp//hyn/C/gAAA==": 127,
	} {
		got := readBase64(t, text, 8, 8, 3)
		if near := func(a, b uint8) bool { return max(a, b)-min(a, b) < 12 }; !near(got[0], 255) || !near(got[1], want) || !near(got[191], want) {
			t.Errorf("%v; want red on white, green %d", got[:3], want)
		}
	}
}

func readBase64(t *testing.T, text string, h, w, c int) []uint8 {
	t.Helper()
	file, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	pix, err := ReadPicture(path, h, w, c, View{})
	if err != nil {
		t.Fatal(err)
	}
	return pix
}
