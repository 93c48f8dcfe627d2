package data

import (
	"errors"
	"fmt"
	"image"
	"image/color"
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

// render draws a picture, stored in an orientation, upright at w x h pixels. A picture of
// another size is scaled with a Catmull-Rom filter; transparent parts show the background.
// v must be valid.
func (v View) render(p image.Image, o orientation, w, h int) *image.RGBA {
	v = v.Resolved()
	under, _ := v.color()
	if o.turned() {
		w, h = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(dst, dst.Bounds(), image.NewUniform(under), image.Point{}, draw.Src)
	from, to := p.Bounds(), dst.Bounds()
	switch v.Fit {
	case FitCrop:
		from = middle(from, w, h)
	case FitPad:
		to = middle(to, from.Dx(), from.Dy())
	}
	if from.Dx() == to.Dx() && from.Dy() == to.Dy() {
		draw.Draw(dst, to, p, from.Min, draw.Over)
	} else {
		draw.CatmullRom.Scale(dst, to, p, from, draw.Over, nil)
	}
	return o.upright(dst)
}

// middle returns the largest part of r, around its middle, with the proportions w:h, to the
// nearest pixel and at least one.
func middle(r image.Rectangle, w, h int) image.Rectangle {
	dx, dy := r.Dx(), r.Dy()
	if int64(dx)*int64(h) > int64(dy)*int64(w) {
		dx = min(dx, max(1, (2*dy*w+h)/(2*h)))
	} else {
		dy = min(dy, max(1, (2*dx*h+w)/(2*w)))
	}
	at := r.Min.Add(image.Pt((r.Dx()-dx)/2, (r.Dy()-dy)/2))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(dx, dy))}
}
