package data

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
)

// image decodes the picture as it is stored.
func (p *pictureFile) image() (image.Image, error) {
	if p.format == "webp" && isAnimatedWebP(p.bytes) {
		frame, err := firstFrame(p.bytes)
		if err != nil {
			return nil, err
		}
		return fullRange(frame), nil
	}
	picture, _, err := image.Decode(bytes.NewReader(p.bytes))
	if err != nil {
		return nil, err
	}
	switch p.format {
	case "webp":
		return fullRange(picture), nil
	case "gif":
		return p.onCanvas(picture), nil
	case "bmp":
		solid(picture, p.bytes)
	case "tiff":
		if gray, ok := picture.(*image.Gray); ok && isPositiveFax(p.bytes) {
			for i, v := range gray.Pix {
				gray.Pix[i] = ^v
			}
		}
	}
	return picture, nil
}

// onCanvas returns a frame of a GIF where it lies in the whole picture, which is transparent elsewhere.
func (p *pictureFile) onCanvas(frame image.Image) image.Image {
	all := image.Rectangle{Max: upright(image.Pt(p.w, p.h), p.orientation)}
	if frame.Bounds() == all {
		return frame
	}
	canvas := image.NewNRGBA(all)
	draw.Draw(canvas, frame.Bounds(), frame, frame.Bounds().Min, draw.Src)
	return canvas
}

// solid makes a BMP picture of 32 bits opaque where the file names no bits for alpha (compression 0, BI_RGB): the package bmp
// takes the fourth byte for alpha by the length of the header alone, and writers leave it 0.
func solid(picture image.Image, file []byte) {
	const compressionAt = 30
	if p, ok := picture.(*image.NRGBA); ok && binary.LittleEndian.Uint32(file[compressionAt:]) == 0 {
		for i := 3; i < len(p.Pix); i += 4 {
			p.Pix[i] = 255
		}
	}
}

// isPositiveFax reports whether a TIFF file is packed as faxes are (compression 3 or 4) and says
// that black is zero. The package tiff then shows black for white: it takes the black of a fax
// for zero, whatever the file says, and others, such as libtiff, take it for one.
func isPositiveFax(file []byte) bool {
	const compression, interpretation, blackIsZero = 259, 262, 1
	packed, meaning := tiffTag(file, compression), tiffTag(file, interpretation)
	return (packed == 3 || packed == 4) && meaning == blackIsZero
}
