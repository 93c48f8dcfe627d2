package data

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
)

// magic is how files of a kind begin that people keep among their pictures, or give for them.
type magic struct {
	at     int // bytes before it
	begins string
	name   string
}

var magics = []magic{
	{4, "ftypavif", "an AVIF picture"},
	{4, "ftypavis", "an AVIF picture"},
	{4, "ftyphe", "a HEIC picture"},
	{4, "ftypmif1", "a HEIC picture"},
	{4, "ftypmsf1", "a HEIC picture"},
	{4, "ftypcrx", "a camera's raw picture (CR3)"},
	{4, "ftyp", "a video"},
	{0, "\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"},
	{0, "\xff\x4f\xff\x51", "a JPEG 2000 picture"},
	{0, "\x00\x00\x00\x0cJXL ", "a JPEG XL picture"},
	{0, "\xff\x0a", "a JPEG XL picture"},
	{8, "CR\x02\x00", "a camera's raw picture (CR2)"},
	{0, "FUJIFILMCCD-RAW", "a camera's raw picture (RAF)"},
	{0, "%PDF", "a PDF document"},
	{0, "8BPS", "a Photoshop picture"},
	{0, "v/1\x01", "an OpenEXR picture"},
	{0, "#?RADIANCE", "a Radiance picture"},
	{0, "SIMPLE  =", "a FITS picture"},
	{128, "DICM", "a DICOM picture"},
	{0, "\x00\x00\x01\x00", "an icon (ICO)"},
	{0, "\x00\x00\x02\x00", "a TGA picture or a cursor"},
	{0, "P1", "a portable bitmap (PBM)"},
	{0, "P2", "a portable graymap as text (P2, not P5)"},
	{0, "P3", "a portable pixmap as text (P3, not P6)"},
	{0, "P4", "a portable bitmap (PBM)"},
	{0, "P7", "a portable anymap (PAM)"},
	{0, "\x89HDF", "an HDF5 file"},
	{0, "\x93NUMPY", "an array of NumPy"},
	{0, "PK\x03\x04", "a ZIP archive"},
	{0, "\x1f\x8b", "a gzip archive"},
	{0, "BZh", "a bzip2 archive"},
	{0, "\xfd7zXZ\x00", "an xz archive"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7z archive"},
	{0, "Rar!", "a RAR archive"},
	{257, "ustar", "a tar archive"},
	{0, "PAR1", "a Parquet file"},
	{0, "MATLAB 5.0", "a MATLAB file"},
	{0, "SQLite format 3", "a database"},
	{0, "version https://git-lfs", "a pointer of Git LFS, not the file itself"},
}

// rawNames are the endings of raw pictures of cameras. Most are TIFF files inside, whose first
// picture is a thumbnail.
var rawNames = []string{".nef", ".nrw", ".cr2", ".cr3", ".arw", ".sr2", ".dng", ".orf", ".raf", ".rw2", ".pef", ".srw", ".raw"}

// foreignNames are the endings of pictures that cannot be read.
var foreignNames = append([]string{
	".heic", ".heif", ".avif", ".svg", ".pdf", ".jp2", ".j2k", ".jxl", ".psd", ".exr", ".hdr", ".fits", ".dcm", ".ico", ".tga", ".pbm", ".pam",
}, rawNames...)

// foreign names the kind of a file that is no picture that can be read, such as "a HEIC
// picture", by how it begins or, for raw pictures of cameras, by its name; "" for others.
func foreign(path string, head []byte) string {
	ext := strings.ToLower(filepath.Ext(path))
	for _, m := range magics {
		if len(head) >= m.at+len(m.begins) && string(head[m.at:m.at+len(m.begins)]) == m.begins {
			return m.name
		}
	}
	if slices.Contains(rawNames, ext) {
		return "a camera's raw picture (" + strings.ToUpper(ext[1:]) + ")"
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head[:min(len(head), 1024)], []byte("\ufeff")), " \t\r\n"))
	switch {
	case bytes.HasPrefix(text, []byte("<svg")), bytes.HasPrefix(text, []byte("<?xml")) && bytes.Contains(text, []byte("<svg")):
		return "an SVG picture"
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")):
		return "a web page, as failed downloads leave"
	case ext == ".tga":
		return "a TGA picture"
	case ext == ".tfrecord", ext == ".tfrecords":
		return "a TFRecord file"
	}
	return ""
}

// isForeignName reports whether a file is called as pictures are that cannot be read.
func isForeignName(name string) bool {
	return slices.Contains(foreignNames, strings.ToLower(filepath.Ext(name)))
}
