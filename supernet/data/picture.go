package data

import (
	"fmt"
	"image"
	_ "image/jpeg" // decoder for image.Decode
	_ "image/png"  // decoder for image.Decode
	"io"
	"os"

	"golang.org/x/image/draw"
)

const (
	// maxPixels bounds a picture before it is scaled: 67 megapixels.
	maxPixels = 1 << 26
	// maxPixelsPerByte is more than PNG and JPEG can pack: deflate reaches 1032:1, and a pixel takes a bit or more.
	maxPixelsPerByte = 8 * 1032
)

// ReadPicture reads one PNG or JPEG file as [h][w][c], c being 1 (luminance, ITU-R BT.601) or 3 (RGB). A picture of
// another size is scaled with a Catmull-Rom filter, without regard to its proportions. Transparent parts come out over
// black. A rotation noted in EXIF data is not applied.
func ReadPicture(path string, h, w, c int) ([]uint8, error) {
	if h < 1 || h > maxSide || w < 1 || w > maxSide || (c != 1 && c != 3) {
		return nil, fmt.Errorf("data: picture of %dx%dx%d asked for, expected sides of 1 to %d and 1 or 3 channels", h, w, c, maxSide)
	}
	pix := make([]uint8, h*w*c)
	err := withPicture(path, func(f *os.File, _ image.Config) error { return decodePicture(f, pix, h, w, c) })
	if err != nil {
		return nil, err
	}
	return pix, nil
}

// pictureSize returns height and width of a picture file in pixels, from its header.
func pictureSize(path string) (h, w int, err error) {
	err = withPicture(path, func(_ *os.File, c image.Config) error {
		h, w = c.Height, c.Width
		return nil
	})
	return h, w, err
}

// withPicture opens a picture file, checks its header and calls read with the file, at its start.
func withPicture(path string, read func(*os.File, image.Config) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	config, format, err := image.DecodeConfig(f)
	switch pixels := int64(config.Width) * int64(config.Height); {
	case err != nil:
		return &FormatError{File: path, Offset: NoOffset, Problem: "unreadable, expected a PNG or JPEG picture", Err: err}
	case format != "png" && format != "jpeg":
		return badFile(path, "a picture in format %s, expected PNG or JPEG", format)
	case config.Width < 1 || config.Height < 1 || pixels > maxPixels:
		return badFile(path, "a picture of %dx%d pixels, expected 1 to %d in all", config.Height, config.Width, maxPixels)
	case pixels/maxPixelsPerByte > info.Size():
		return badFile(path, "a picture of %dx%d pixels in %d bytes, expected more bytes", config.Height, config.Width, info.Size())
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	return read(f, config)
}

// decodePicture decodes f into dst, [h][w][c].
func decodePicture(f *os.File, dst []uint8, h, w, c int) error {
	picture, _, err := image.Decode(f)
	if err != nil {
		return &FormatError{File: f.Name(), Offset: NoOffset, Problem: "unreadable, expected a whole PNG or JPEG picture", Err: err}
	}
	rgba := image.NewRGBA(image.Rect(0, 0, w, h))
	from := picture.Bounds()
	if from.Dx() == w && from.Dy() == h {
		draw.Draw(rgba, rgba.Bounds(), picture, from.Min, draw.Src)
	} else {
		draw.CatmullRom.Scale(rgba, rgba.Bounds(), picture, from, draw.Src, nil)
	}
	if c == 1 {
		putLuminance(dst, rgba.Pix)
	} else {
		putRGB(dst, rgba.Pix)
	}
	return nil
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
