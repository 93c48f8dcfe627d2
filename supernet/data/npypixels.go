package data

import (
	"fmt"
	"math"
	"slices"
)

// levels says what the values of an array of pictures stand for.
type levels struct {
	what       string  // type of the array
	high       float64 // value of white
	deep       bool    // 16 bits, of which cameras may use fewer
	least, top float64 // values that there are
}

// leastBytes is what the largest value of float pictures must be above to be one of 0 to 255.
// Between 1 and this, what white is cannot be told.
const leastBytes = 16

// levelsOf tells what values from a.least to a.top are, of pictures for training.
func levelsOf(a *npy, least, top float64) (levels, error) {
	l := levels{what: fmt.Sprintf("%c%d", a.kind, a.width), high: math.MaxUint8, least: least, top: top}
	fractions := a.kind == 'f'
	switch {
	case a.kind == 'b', fractions && least >= 0 && top <= 1:
		l.high = 1
	case fractions && top <= leastBytes, least < 0, top > math.MaxUint8 && l.what != "u2", top > math.MaxUint16:
		return l, fmt.Errorf("values from %v to %v; expected 0 to 1 in floats, or 0 to 255: pictures as they are, not normalised", least, top)
	case top > math.MaxUint8:
		l.high, l.deep = math.MaxUint16, true
	}
	return l, nil
}

// fits returns an error unless values of another part can be read by the levels of the training
// part.
func (l levels) fits(least, top float64) error {
	if least < 0 || top > l.high || l.what[0] == 'f' && l.high > 1 && top <= 1 {
		return fmt.Errorf("values from %v to %v; expected those of the training part, 0 to %v", least, top, l.high)
	}
	return nil
}

// pixel returns a value as one of 0 to 255, to the nearest.
func (l levels) pixel(v float64) uint8 { return uint8(math.Round(v * math.MaxUint8 / l.high)) }

// pixel returns value i of a row as one of 0 to 255.
func (a *npy) pixel(row []byte, i int, l levels) uint8 {
	if a.width == 1 && a.kind == 'u' {
		return row[i]
	}
	return l.pixel(a.number(row[i*a.width:]))
}

// pictureArray is an array of pictures.
type pictureArray struct {
	n, h, w, c int
	planes     bool // [c][h][w], not [h][w][c]
}

// pictureShapeOf returns what pictures an array holds: N x H x W, that x 1 or 3, N x 1 or 3 x H x
// W, or N x H*W of square ones.
func pictureShapeOf(a *npy) (p pictureArray, err error) {
	bad := fmt.Errorf("%s; expected numbers and N x H x W, or that x 1 or 3, or N x 1 or 3 x H x W", a.describe())
	if !slices.Contains(widths[a.kind], a.width) || len(a.shape) < 2 || slices.Min(a.shape) < 1 {
		return p, bad
	}
	s := a.shape
	channels := func(n int) bool { return n == 1 || n == 3 }
	switch side, c := sideOf(s[1]); {
	case len(s) == 2 && s[1] >= leastPixels && c == 1:
		p = pictureArray{n: s[0], h: side, w: side, c: 1}
	case len(s) == 3:
		p = pictureArray{n: s[0], h: s[1], w: s[2], c: 1}
	case len(s) == 4 && channels(s[3]):
		p = pictureArray{n: s[0], h: s[1], w: s[2], c: s[3]}
	case len(s) == 4 && channels(s[1]):
		p = pictureArray{n: s[0], h: s[2], w: s[3], c: s[1], planes: true}
	default:
		return p, bad
	}
	if max(p.h, p.w) > maxSide {
		return p, bad
	}
	return p, nil
}

// readPictures reads an array of pictures of a part, by the levels of train where it is of the
// same type; train is nil for the training part. Floats and integers are read twice, once for the
// range of their values, so that no more than their pixels is held in memory.
func readPictures(f array, maxBytes int64, train *levels) (*Set, *levels, pictureArray, error) {
	a, err := openNPY(f, maxBytes)
	if err != nil {
		return nil, nil, pictureArray{}, err
	}
	defer a.Close()
	p, err := pictureShapeOf(a)
	if err != nil {
		return nil, nil, p, err
	}
	l := levels{what: "u1", high: math.MaxUint8}
	if a.kind != 'u' || a.width > 1 {
		if l, err = rangeOf(f, maxBytes, p, train); err != nil {
			return nil, nil, p, err
		}
	}
	s := &Set{H: p.h, W: p.w, C: p.c}
	size := p.h * p.w * p.c
	var pix []uint8 // of a picture
	err = a.each(p.n, size*a.width, func(_ int, row []byte) error {
		if pix == nil {
			pix = make([]uint8, size)
		}
		for i := range pix {
			pix[p.place(i)] = a.pixel(row, i, l)
		}
		s.Pix = append(s.Pix, pix...)
		return nil
	})
	return s, &l, p, err
}

// place returns where value i of a picture belongs in [h][w][c].
func (p pictureArray) place(i int) int {
	if !p.planes {
		return i
	}
	return i%(p.h*p.w)*p.c + i/(p.h*p.w)
}

// rangeOf looks at all values of an array of pictures and tells what they are.
func rangeOf(f array, maxBytes int64, p pictureArray, train *levels) (levels, error) {
	a, err := openNPY(f, maxBytes)
	if err != nil {
		return levels{}, err
	}
	defer a.Close()
	least, top := math.Inf(1), math.Inf(-1)
	err = a.each(p.n, p.h*p.w*p.c*a.width, func(n int, row []byte) error {
		for i := range p.h * p.w * p.c {
			v := a.number(row[i*a.width:])
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("picture %d has a value %v; expected numbers", n, v)
			}
			least, top = min(least, v), max(top, v)
		}
		return nil
	})
	if err != nil {
		return levels{}, err
	}
	if train != nil && train.what == fmt.Sprintf("%c%d", a.kind, a.width) {
		return *train, train.fits(least, top)
	}
	return levelsOf(a, least, top)
}
