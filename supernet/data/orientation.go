package data

import (
	"bytes"
	"encoding/binary"
	"image"
	"iter"
	"math"
)

// orientation is how a camera held what it stored, as EXIF counts it: 1 to 8, 0 if nothing
// is said.
type orientation uint8

// turned reports whether rows are stored as columns.
func (o orientation) turned() bool { return o >= 5 && o <= 8 }

// upright returns the picture as it is to be seen.
func (o orientation) upright(p *image.RGBA) *image.RGBA {
	if o < 2 || o > 8 {
		return p
	}
	w, h := p.Rect.Dx(), p.Rect.Dy()
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if o.turned() {
		dst = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch o {
			case 2: // mirrored left to right
				tx = w - 1 - x
			case 3: // upside down
				tx, ty = w-1-x, h-1-y
			case 4: // mirrored top to bottom
				ty = h - 1 - y
			case 5: // rows are columns
				tx, ty = y, x
			case 6: // to be turned a quarter clockwise
				tx, ty = h-1-y, x
			case 7: // rows are columns, from the other corner
				tx, ty = h-1-y, w-1-x
			case 8: // to be turned a quarter anticlockwise
				tx, ty = y, w-1-x
			}
			copy(dst.Pix[dst.PixOffset(tx, ty):][:4], p.Pix[p.PixOffset(x, y):][:4])
		}
	}
	return dst
}

// orientationOf finds the orientation in a picture file: in the EXIF part of JPEG, PNG and
// WebP, or in TIFF itself.
func orientationOf(file []byte, format string) orientation {
	switch format {
	case "jpeg":
		return exifIn(jpegEXIF(file))
	case "png":
		return exifIn(chunk(file[min(8, len(file)):], binary.BigEndian, "eXIf", 4))
	case "webp":
		return exifIn(chunk(file[min(12, len(file)):], binary.LittleEndian, "EXIF", 0))
	case "tiff":
		return exifIn(file)
	}
	return 0
}

// jpegEXIF returns the EXIF part of a JPEG file: the segment APP1 that begins with "Exif".
func jpegEXIF(file []byte) []byte {
	for marker, content := range jpegSegments(file) {
		if exif, ok := bytes.CutPrefix(content, []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return exif
		}
	}
	return nil
}

// jpegSegments goes through the segments of a JPEG file that come before its pixels: marker and content of each.
func jpegSegments(file []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for at := 2; at+4 <= len(file) && file[at] == 0xff; {
			marker, size := file[at+1], int(binary.BigEndian.Uint16(file[at+2:]))
			if marker == 0xff { // padding
				at++
				continue
			}
			if marker == 0xda || size < 2 || at+2+size > len(file) { // pixels follow
				return
			}
			if !yield(marker, file[at+4:at+2+size]) {
				return
			}
			at += 2 + size
		}
	}
}

// chunk returns the content of the first chunk called name in a row of chunks of a size
// and a name, in that order where the size is big-endian, as in PNG, and the other way
// round where it is little-endian and padded to even sizes, as in RIFF. Each is followed by
// so many bytes of a checksum.
func chunk(rest []byte, order binary.ByteOrder, name string, checksum int) []byte {
	for len(rest) >= 8 {
		size, title := order.Uint32(rest), string(rest[4:8])
		if order == binary.LittleEndian {
			title, size = string(rest[:4]), order.Uint32(rest[4:])
		}
		content := rest[8:]
		if uint64(size) > uint64(len(content)) {
			return nil
		}
		if title == name {
			return bytes.TrimPrefix(content[:size], []byte("Exif\x00\x00"))
		}
		skip := uint64(size) + uint64(checksum)
		if order == binary.LittleEndian {
			skip += skip % 2
		}
		if skip > uint64(len(content)) {
			return nil
		}
		rest = content[skip:]
	}
	return nil
}

// exifIn reads the tag Orientation, 0x112, from the first directory of a TIFF structure.
func exifIn(t []byte) orientation {
	if v := tiffTag(t, 0x112); v >= 1 && v <= 8 {
		return orientation(v)
	}
	return 0
}

// tiffTag returns a number from the first directory of a TIFF structure, written in 16 bits or, as
// some do, in 32; 0 if there is none, or it takes more than 16 bits.
func tiffTag(t []byte, wanted uint16) uint16 {
	const short, long = 3, 4
	entry, order := tiffEntry(t, wanted)
	if entry == nil {
		return 0
	}
	switch order.Uint16(entry[2:]) {
	case short:
		return order.Uint16(entry[8:])
	case long:
		if v := order.Uint32(entry[8:]); v <= math.MaxUint16 {
			return uint16(v)
		}
	}
	return 0
}

// tiffBytes returns the bytes of a tag of more than four; nil if there is none.
func tiffBytes(t []byte, wanted uint16) []byte {
	const undefined = 7
	entry, order := tiffEntry(t, wanted)
	if entry == nil || order.Uint16(entry[2:]) != undefined {
		return nil
	}
	size, at := uint64(order.Uint32(entry[4:])), uint64(order.Uint32(entry[8:]))
	if size <= 4 || at+size > uint64(len(t)) {
		return nil
	}
	return t[at : at+size]
}

// tiffEntry returns an entry of the first directory of a TIFF structure: tag and type of 16
// bits, count, and content or where that is; nil if there is none.
func tiffEntry(t []byte, wanted uint16) (entry []byte, order binary.ByteOrder) {
	if len(t) < 8 {
		return nil, nil
	}
	switch string(t[:2]) {
	case "II":
		order = binary.LittleEndian
	case "MM":
		order = binary.BigEndian
	default:
		return nil, nil
	}
	at := uint64(order.Uint32(t[4:]))
	if at+2 > uint64(len(t)) {
		return nil, nil
	}
	const size = 12
	rest := t[at+2:]
	for range order.Uint16(t[at:]) {
		if len(rest) < size {
			return nil, nil
		}
		if order.Uint16(rest) == wanted {
			return rest[:size], order
		}
		rest = rest[size:]
	}
	return nil, nil
}
