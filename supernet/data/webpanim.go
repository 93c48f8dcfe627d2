package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"

	"golang.org/x/image/webp"
)

// isAnimatedWebP reports whether a file is a WebP animation: its header, VP8X, has the second
// lowest bit of the flags set.
func isAnimatedWebP(file []byte) bool {
	return len(file) > 20 && string(file[8:16]) == "WEBPVP8X" && file[20]&2 != 0
}

// firstFrame decodes the first frame of a WebP animation, which must cover all of it, as a
// still picture: the chunks of the frame, after a header of their own.
// https://developers.google.com/speed/webp/docs/riff_container
func firstFrame(file []byte) (image.Image, error) {
	const sizeAt, headerSize, frameHeader = 24, 30, 16
	if len(file) < headerSize {
		return nil, errors.New("webp: an animation without a header")
	}
	frame := chunk(file[12:], binary.LittleEndian, "ANMF", 0)
	if len(frame) < frameHeader {
		return nil, errors.New("webp: an animation without a frame")
	}
	if canvas := file[sizeAt : sizeAt+6]; !bytes.Equal(frame[:6], make([]byte, 6)) || !bytes.Equal(frame[6:12], canvas) {
		return nil, errors.New("webp: an animation whose first frame does not cover it")
	}
	still := append([]byte("RIFF\x00\x00\x00\x00WEBP"), file[12:headerSize]...)
	still = append(still, frame[frameHeader:]...)
	binary.LittleEndian.PutUint32(still[4:], uint32(len(still)-8))
	if bytes.HasPrefix(frame[frameHeader:], []byte("VP8L")) { // lossless frames have no header before them
		still = append(append([]byte{}, still[:12]...), frame[frameHeader:]...)
		binary.LittleEndian.PutUint32(still[4:], uint32(len(still)-8))
	}
	return webp.Decode(bytes.NewReader(still))
}
