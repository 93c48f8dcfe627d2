package data

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strconv"

	"golang.org/x/image/draw"
)

// The ways in which a picture of other proportions becomes one of a wanted size.
const (
	FitCrop   = "crop"   // its middle, as large as the proportions allow
	FitPad    = "pad"    // all of it, with the background beside it or above and below
	FitSquash = "squash" // all of it, without regard to its proportions
)

// Fits lists the values of View.Fit.
func Fits() []string { return []string{FitCrop, FitPad, FitSquash} }

// white is the default background.
const white = "#ffffff"

// View says how a picture of any size, with or without transparent parts, becomes pixels.
// The zero value crops, on white.
type View struct {
	Fit        string `json:"fit"`        // one of Fits; empty: crop
	Background string `json:"background"` // #rrggbb, what transparent parts lie on; empty: white
}

// PlainView is how pictures were read before networks noted it: squashed, on black.
func PlainView() View { return View{FitSquash, "#000000"} }

// Resolved returns v with what empty fields stand for.
func (v View) Resolved() View {
	if v.Fit == "" {
		v.Fit = FitCrop
	}
	if v.Background == "" {
		v.Background = white
	}
	return v
}

// Validate reports every field that cannot be used.
func (v View) Validate() error {
	v = v.Resolved()
	var errs []error
	if !slices.Contains(Fits(), v.Fit) {
		errs = append(errs, fmt.Errorf("data: fit is %q, expected one of %v", v.Fit, Fits()))
	}
	if _, err := v.color(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (v View) color() (color.RGBA, error) {
	n, err := strconv.ParseUint(v.Background[min(1, len(v.Background)):], 16, 32)
	if len(v.Background) != 7 || v.Background[0] != '#' || err != nil {
		return color.RGBA{}, fmt.Errorf("data: background is %q, expected a colour such as #ffffff", v.Background)
	}
	return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255}, nil
}

// render draws a picture, stored in an orientation, upright at w x h pixels. Transparent
// parts are put on the background, then a picture of another size is scaled with a
// Catmull-Rom filter: to crop, until it covers w x h, of which the middle is taken; to pad,
// until it fits in. v must be valid.
func (v View) render(p image.Image, o orientation, w, h int) *image.RGBA {
	v = v.Resolved()
	under, _ := v.color()
	ground := image.NewUniform(under)
	if o, ok := p.(interface{ Opaque() bool }); !ok || !o.Opaque() {
		whole := image.NewRGBA(p.Bounds())
		draw.Draw(whole, whole.Bounds(), ground, image.Point{}, draw.Src)
		draw.Draw(whole, whole.Bounds(), p, p.Bounds().Min, draw.Over)
		p = whole
	}
	if v.Fit == FitCrop {
		p = shortened(p, upright(image.Pt(w, h), o))
	}
	size := image.Pt(w, h)
	switch v.Fit {
	case FitCrop:
		size = scaled(upright(p.Bounds().Size(), o), w, h, func(a, b float64) float64 { return max(a, b) })
	case FitPad:
		size = scaled(upright(p.Bounds().Size(), o), w, h, func(a, b float64) float64 { return min(a, b) })
	}
	stored := upright(size, o)
	all := image.NewRGBA(image.Rectangle{Max: stored})
	if stored == p.Bounds().Size() {
		draw.Draw(all, all.Bounds(), p, p.Bounds().Min, draw.Src)
	} else {
		draw.CatmullRom.Scale(all, all.Bounds(), p, p.Bounds(), draw.Src, nil)
	}
	all = o.upright(all)
	if size == image.Pt(w, h) {
		return all
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(dst, dst.Bounds(), ground, image.Point{}, draw.Src)
	at := image.Pt((w-size.X)/2, (h-size.Y)/2)
	if v.Fit == FitCrop {
		at = image.Pt(-((size.X - w) / 2), -((size.Y - h) / 2))
	}
	draw.Draw(dst, image.Rectangle{Min: at, Max: at.Add(size)}, all, image.Point{}, draw.Src)
	return dst
}

// longest is how many times longer than the wanted proportions a picture may be before its
// ends are cut off: scaled to cover what is wanted, a line of a million pixels would be huge.
const longest = 8

// part is a part of a picture.
type part struct {
	image.Image
	bounds image.Rectangle
}

// Bounds returns those of the part.
func (p part) Bounds() image.Rectangle { return p.bounds }

// shortened returns a picture without the ends that cropping to like's proportions drops
// anyway, where it is very long.
func shortened(p image.Image, like image.Point) image.Image {
	b := p.Bounds()
	most := func(short, a, b int) int {
		return longest * max(1, int(math.Ceil(float64(short)*float64(a)/float64(b))))
	}
	dx, dy := min(b.Dx(), most(b.Dy(), like.X, like.Y)), min(b.Dy(), most(b.Dx(), like.Y, like.X))
	if dx == b.Dx() && dy == b.Dy() {
		return p
	}
	at := b.Min.Add(image.Pt((b.Dx()-dx)/2, (b.Dy()-dy)/2))
	return part{p, image.Rectangle{Min: at, Max: at.Add(image.Pt(dx, dy))}}
}

// scaled returns size times the factor that pick chooses of those that make it w wide and h
// high, to the nearest pixel and at least one.
func scaled(size image.Point, w, h int, pick func(a, b float64) float64) image.Point {
	by := pick(float64(w)/float64(size.X), float64(h)/float64(size.Y))
	nearest := func(n int) int { return max(1, int(math.Round(by*float64(n)))) }
	return image.Pt(nearest(size.X), nearest(size.Y))
}

// upright returns the size of a stored picture as it is seen, and the other way round.
func upright(size image.Point, o orientation) image.Point {
	if o.turned() {
		return image.Pt(size.Y, size.X)
	}
	return size
}
