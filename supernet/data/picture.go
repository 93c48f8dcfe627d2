package data

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // decoder for image.Decode: the first frame
	_ "image/jpeg" // decoder for image.Decode
	_ "image/png"  // decoder for image.Decode
	"io"
	"os"

	_ "golang.org/x/image/bmp"  // decoder for image.Decode
	_ "golang.org/x/image/tiff" // decoder for image.Decode: the first page
	_ "golang.org/x/image/webp" // decoder for image.Decode
)

const (
	// maxPixels bounds a picture before it is scaled: 67 megapixels.
	maxPixels = 1 << 26
	// maxPixelsPerByte is more than PNG and JPEG can pack: deflate reaches 1032:1, and a pixel takes a bit or more.
	maxPixelsPerByte = 8 * 1032
	// freePixels may be claimed by a file of any size: some formats pack a picture of one colour into a few bytes.
	freePixels = 1 << 20
	// maxFile bounds a picture file, in bytes.
	maxFile = 1 << 28
)

// pixelsPerByte returns how many pixels a byte of a file can stand for, at most.
func pixelsPerByte(format string) int64 {
	switch format {
	case "bmp", "pnm": // not packed, from one bit a pixel on
		return 8
	case "jpeg": // a block of 8x8 takes at least one bit, chroma at a quarter of the size included
		return 8 * 8 * 8
	}
	return maxPixelsPerByte
}

// formats names what picture files may be, whatever they are called.
const formats = "PNG, JPEG, GIF, BMP, WebP, TIFF or PPM"

// ReadPicture reads one picture file, of PNG, JPEG, GIF, BMP, WebP, TIFF or PPM by its content, as [h][w][c], c being 1
// (luminance, ITU-R BT.601) or 3 (RGB): upright, as viewers show it, where a camera noted how it was held, and scaled as
// v says. Of several frames or pages the first one counts.
func ReadPicture(path string, h, w, c int, v View) ([]uint8, error) {
	if h < 1 || h > maxSide || w < 1 || w > maxSide || (c != 1 && c != 3) {
		return nil, fmt.Errorf("data: picture of %dx%dx%d asked for, expected sides of 1 to %d and 1 or 3 channels", h, w, c, maxSide)
	}
	if err := v.Validate(); err != nil {
		return nil, err
	}
	p, err := openPicture(path)
	if err != nil {
		return nil, err
	}
	pix := make([]uint8, h*w*c)
	_, err = p.decode(pix, h, w, c, v)
	return pix, err
}

// pictureFile is a picture file whose header was read.
type pictureFile struct {
	path   string
	bytes  []byte
	format string
	h, w   int // upright
	orientation
}

// openPicture reads a picture file and its header.
func openPicture(path string) (*pictureFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	if info.IsDir() {
		return nil, badFile(path, "a folder, expected a %s picture", formats)
	}
	if info.Size() > maxFile {
		return nil, badFile(path, "%d bytes, expected at most %d of a picture", info.Size(), maxFile)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return newPicture(path, content)
}

// newPicture reads the header of a picture file.
func newPicture(path string, content []byte) (*pictureFile, error) {
	p := &pictureFile{path: path, bytes: content}
	if len(p.bytes) == 0 {
		return nil, badFile(path, "an empty file, expected a %s picture", formats)
	}
	if kind := foreign(path, p.bytes); kind != "" {
		return nil, badFile(path, "%s, which cannot be read, expected a %s picture", kind, formats)
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(p.bytes))
	switch pixels := int64(config.Width) * int64(config.Height); {
	case err != nil:
		return nil, &FormatError{File: path, Offset: NoOffset, Problem: "unreadable, expected a " + formats + " picture", Err: err}
	case config.Width < 1 || config.Height < 1 || config.Width > maxPixels || config.Height > maxPixels || pixels > maxPixels:
		return nil, badFile(path, "a picture of %dx%d pixels, expected 1 to %d in all", config.Height, config.Width, maxPixels)
	case pixels > freePixels && pixels/pixelsPerByte(format) > int64(len(p.bytes)):
		return nil, badFile(path, "a picture of %dx%d pixels in %d bytes, expected more bytes", config.Height, config.Width, len(p.bytes))
	}
	p.format, p.h, p.w, p.orientation = format, config.Height, config.Width, orientationOf(p.bytes, format)
	if p.turned() {
		p.h, p.w = p.w, p.h
	}
	return p, nil
}

// jpegEnd is the marker that ends a JPEG file.
var jpegEnd = []byte{0xff, 0xd9}

// decode decodes the picture into dst, [h][w][c], and returns the largest value of a
// picture of 16 bits a channel; notDeep of others.
func (p *pictureFile) decode(dst []uint8, h, w, c int, v View) (deepest int, err error) {
	picture, err := p.image()
	if p.format == "jpeg" && errors.Is(err, io.ErrUnexpectedEOF) && !bytes.HasSuffix(p.bytes, jpegEnd) {
		picture, _, err = image.Decode(io.MultiReader(bytes.NewReader(p.bytes), bytes.NewReader(jpegEnd))) // all pixels may be there
	}
	if err != nil {
		return 0, &FormatError{File: p.path, Offset: NoOffset, Problem: "damaged, or of a kind that cannot be read, expected a whole " + formats + " picture", Err: err}
	}
	rgba := v.render(picture, p.orientation, w, h)
	if c == 1 {
		putLuminance(dst, rgba.Pix)
	} else {
		putRGB(dst, rgba.Pix)
	}
	if p.format == "pnm" && scalesPNM(p.bytes) {
		return notDeep, nil
	}
	return deepestOf(picture), nil
}

// notDeep stands for the largest value of a picture that has fewer than 16 bits a channel.
const notDeep = -1

// deepestOf returns the largest value of a picture of 16 bits a channel; notDeep of others.
func deepestOf(p image.Image) int {
	var pix []uint8
	alpha := false
	switch p := p.(type) {
	case *image.Gray16:
		pix = p.Pix
	case *image.RGBA64:
		pix, alpha = p.Pix, true
	case *image.NRGBA64:
		pix, alpha = p.Pix, true
	default:
		return notDeep
	}
	most := 0
	for i := 0; i+1 < len(pix); i += 2 {
		if alpha && i%8 == 6 {
			continue
		}
		most = max(most, int(pix[i])<<8|int(pix[i+1]))
	}
	return most
}

func putRGB(dst, rgba []uint8) {
	for i := range len(rgba) / 4 {
		copy(dst[3*i:3*i+3], rgba[4*i:])
	}
}

// putLuminance writes 0.299 R + 0.587 G + 0.114 B, to the nearest value; grey stays as it is.
func putLuminance(dst, rgba []uint8) {
	for i := range len(rgba) / 4 {
		r, g, b := uint32(rgba[4*i]), uint32(rgba[4*i+1]), uint32(rgba[4*i+2])
		dst[i] = uint8((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
	}
}
