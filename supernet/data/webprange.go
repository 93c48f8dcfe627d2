package data

import "image"

// fullRange returns a lossy WebP picture in RGB. Its luma goes from 16 to 235 and its chroma from 16 to 240 (BT.601), where
// YCbCr of the package image, which the package webp makes of it, stands for 0 to 255: black would come out as 16, white
// as 235. Others are returned as they are. The numbers are those of libwebp, src/dsp/yuv.h, in 14 bits.
func fullRange(p image.Image) image.Image {
	var planes *image.YCbCr
	var alpha *image.NYCbCrA
	switch p := p.(type) {
	case *image.YCbCr:
		planes = p
	case *image.NYCbCrA:
		planes, alpha = &p.YCbCr, p
	default:
		return p
	}
	dst := image.NewNRGBA(planes.Rect)
	for y := planes.Rect.Min.Y; y < planes.Rect.Max.Y; y++ {
		for x := planes.Rect.Min.X; x < planes.Rect.Max.X; x++ {
			at, c := dst.PixOffset(x, y), planes.COffset(x, y)
			luma, u, v := int(planes.Y[planes.YOffset(x, y)])*19077>>8, int(planes.Cb[c]), int(planes.Cr[c])
			dst.Pix[at] = eightBits(luma + v*26149>>8 - 14234)
			dst.Pix[at+1] = eightBits(luma - u*6419>>8 - v*13320>>8 + 8708)
			dst.Pix[at+2] = eightBits(luma + u*33050>>8 - 17685)
			dst.Pix[at+3] = 255
			if alpha != nil {
				dst.Pix[at+3] = alpha.A[alpha.AOffset(x, y)]
			}
		}
	}
	return dst
}

// eightBits returns a value of 14 bits, of which 6 are a fraction, as one of 0 to 255.
func eightBits(v int) uint8 { return uint8(max(0, min(v>>6, 255))) }
