package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
)

// Portable anymaps with binary pixels: P5 (grey) and P6 (RGB), of 8 or 16 bits.
func init() {
	image.RegisterFormat("pnm", "P5", decodePNM, pnmConfig)
	image.RegisterFormat("pnm", "P6", decodePNM, pnmConfig)
}

// pnmHeader is what stands before the pixels.
type pnmHeader struct {
	channels, w, h, most int
}

func readPNMHeader(r *bufio.Reader) (h pnmHeader, err error) {
	var magic [2]byte
	if _, err = io.ReadFull(r, magic[:]); err != nil {
		return h, err
	}
	h.channels = 1
	if magic[1] == '6' {
		h.channels = 3
	}
	for _, n := range []*int{&h.w, &h.h, &h.most} {
		if *n, err = pnmNumber(r); err != nil {
			return h, err
		}
	}
	if h.w < 1 || h.h < 1 || h.most < 1 || h.most > 65535 || int64(h.w)*int64(h.h) > maxPixels {
		return h, fmt.Errorf("pnm: %dx%d pixels up to %d", h.h, h.w, h.most)
	}
	return h, nil
}

// pnmNumber reads a decimal number and the one byte behind it; comments run from # to the
// end of their line.
func pnmNumber(r *bufio.Reader) (int, error) {
	n, digits := 0, 0
	for {
		c, err := r.ReadByte()
		switch {
		case err != nil:
			return 0, err
		case c == '#':
			if _, err := r.ReadString('\n'); err != nil {
				return 0, err
			}
		case c >= '0' && c <= '9':
			n = 10*n + int(c-'0')
			if digits++; digits > 9 {
				return 0, errors.New("pnm: a number of more than nine digits")
			}
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			if digits > 0 {
				return n, nil
			}
		default:
			return 0, fmt.Errorf("pnm: %q where a number is expected", c)
		}
	}
}

func pnmConfig(r io.Reader) (image.Config, error) {
	h, err := readPNMHeader(bufio.NewReader(r))
	if err != nil {
		return image.Config{}, err
	}
	return image.Config{ColorModel: color.RGBA64Model, Width: h.w, Height: h.h}, nil
}

// scalesPNM reports whether a file says that its largest value is less than 16 bits can hold, so that its values are scaled.
func scalesPNM(file []byte) bool {
	h, err := readPNMHeader(bufio.NewReader(bytes.NewReader(file)))
	return err == nil && h.most < math.MaxUint16
}

func decodePNM(r io.Reader) (image.Image, error) {
	b := bufio.NewReader(r)
	h, err := readPNMHeader(b)
	if err != nil {
		return nil, err
	}
	size := 1
	if h.most > 255 {
		size = 2
	}
	p := image.NewRGBA64(image.Rect(0, 0, h.w, h.h))
	row := make([]byte, h.w*h.channels*size)
	for y := range h.h {
		if _, err := io.ReadFull(b, row); err != nil {
			return nil, err
		}
		value := func(i int) uint16 {
			v := int(row[i*size])
			if size == 2 {
				v = v<<8 | int(row[i*size+1])
			}
			return uint16((min(v, h.most)*65535 + h.most/2) / h.most)
		}
		for x := range h.w {
			c := color.RGBA64{A: 65535}
			if h.channels == 1 {
				c.R = value(x)
				c.G, c.B = c.R, c.R
			} else {
				c.R, c.G, c.B = value(3*x), value(3*x+1), value(3*x+2)
			}
			p.SetRGBA64(x, y, c)
		}
	}
	return p, nil
}
