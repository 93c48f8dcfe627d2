package bench

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/espalier-nas/espalier/supernet/space"
)

//go:embed layers.csv
var layersCSV string

// Layer is a convolution of a benchmark at one batch size. Sizes are those of
// the table: H and W the input's height and width in pixels, G as many groups as
// channels for a depthwise layer.
type Layer struct {
	Name  string      `json:"name"`
	Class string      `json:"class"` // of layers that have the same limits
	N     int         `json:"n"`
	InC   int         `json:"in_c"`
	H     int         `json:"h"`
	W     int         `json:"w"`
	OutC  int         `json:"out_c"`
	K     space.Sides `json:"k"`
	S     int         `json:"s"`
	Pad   space.Sides `json:"pad"` // on each side
	G     int         `json:"g"`
	Dil   int         `json:"dil,omitempty"` // pixels from tap to tap; 0: 1
}

// span returns the pixels from the first of so many taps to the last.
func (l Layer) span(taps int) int { return l.step()*(taps-1) + 1 }

func (l Layer) step() int { return max(1, l.Dil) }

// layerColumns is the first line of a table of layers.
const layerColumns = "name,class,N,Cin,H,W,Cout,K,stride,pad,groups"

// Layers returns the table that benchmarks run through: layers of small search
// spaces, ResNet-50 and MobileNetV3.
func Layers() ([]Layer, error) {
	layers, err := ReadLayers(strings.NewReader(layersCSV))
	if err != nil {
		return nil, fmt.Errorf("layers.csv: %w", err)
	}
	return layers, nil
}

// ReadLayers reads a table of layers in CSV. Its errors name the line and the
// column that is wrong.
func ReadLayers(r io.Reader) ([]Layer, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = strings.Count(layerColumns, ",") + 1
	head, err := in.Read()
	if err != nil {
		return nil, err
	}
	if got := strings.Join(head, ","); got != layerColumns {
		return nil, fmt.Errorf("line 1: columns %s; want %s", got, layerColumns)
	}
	var layers []Layer
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return layers, nil
		}
		if err != nil {
			return nil, err
		}
		l := Layer{Name: row[0], Class: row[1]}
		for i, to := range []any{&l.N, &l.InC, &l.H, &l.W, &l.OutC, &l.K, &l.S, &l.Pad, &l.G} {
			if err := readField(row[i+2], to); err != nil {
				line, _ := in.FieldPos(i + 2)
				return nil, fmt.Errorf("line %d: column %s: %w", line, head[i+2], err)
			}
		}
		if err := l.Validate(); err != nil {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		layers = append(layers, l)
	}
}

// readField reads a number, or the sides of a kernel or a padding.
func readField(text string, to any) (err error) {
	switch to := to.(type) {
	case *space.Sides:
		if *to, err = space.ParseSides(text); err != nil {
			err = fmt.Errorf("%q; want a whole number, or height and width such as 3x1", text)
		}
	case *int:
		if *to, err = strconv.Atoi(text); err != nil {
			err = fmt.Errorf("%q; want a whole number", text)
		}
	}
	return err
}

// Validate returns an error unless the sizes are those of a convolution.
func (l Layer) Validate() error {
	switch {
	case l.Name == "" || l.Class == "":
		return errors.New("layer without a name or a class")
	case min(l.N, l.InC, l.H, l.W, l.OutC, l.K.H, l.K.W, l.S, l.G) < 1 || min(l.Pad.H, l.Pad.W) < 0:
		return fmt.Errorf("layer %s: sizes must be positive, padding not negative", l.Name)
	case l.H+2*l.Pad.H < l.span(l.K.H) || l.W+2*l.Pad.W < l.span(l.K.W):
		padded := space.Sides{H: l.H + 2*l.Pad.H, W: l.W + 2*l.Pad.W}
		return fmt.Errorf("layer %s: kernel of %s pixels on a padded map of %s", l.Name, l.K.Short(), padded.Short())
	case l.InC%l.G != 0 || l.OutC%l.G != 0:
		return fmt.Errorf("layer %s: %d groups do not divide %d and %d channels", l.Name, l.G, l.InC, l.OutC)
	}
	return nil
}

// OutH returns the output's height in pixels.
func (l Layer) OutH() int { return (l.H+2*l.Pad.H-l.span(l.K.H))/l.S + 1 }

// OutW returns the output's width in pixels.
func (l Layer) OutW() int { return (l.W+2*l.Pad.W-l.span(l.K.W))/l.S + 1 }

// Depthwise reports whether each channel is a group of its own.
func (l Layer) Depthwise() bool { return l.G > 1 && l.G == l.InC && l.G == l.OutC }

// FLOPs returns two per multiply-add of one pass, padding counted as pixels, as
// the usual tables do.
func (l Layer) FLOPs() int64 {
	return 2 * int64(l.N) * int64(l.OutH()) * int64(l.OutW()) * int64(l.OutC) * int64(l.InC/l.G) * int64(l.K.Area())
}

// RealFLOPs returns two per multiply-add whose tap meets a real pixel: what a
// pass cannot do without, unless it uses an algorithm that multiplies less.
func (l Layer) RealFLOPs() int64 {
	return 2 * int64(l.N) * int64(l.OutC) * int64(l.InC/l.G) * l.realTaps(l.H, l.OutH(), l.K.H, l.Pad.H) * l.realTaps(l.W, l.OutW(), l.K.W, l.Pad.W)
}

// realTaps returns how many pairs of an output pixel and a tap meet a real pixel
// along one axis.
func (l Layer) realTaps(in, out, k, pad int) (taps int64) {
	for o := range out {
		for t := range k {
			if at := o*l.S - pad + t*l.step(); at >= 0 && at < in {
				taps++
			}
		}
	}
	return taps
}

// Input returns the floats of the input.
func (l Layer) Input() int { return l.N * l.H * l.W * l.InC }

// Output returns the floats of the output.
func (l Layer) Output() int { return l.N * l.OutH() * l.OutW() * l.OutC }

// Weights returns the floats of the weight, as counted by networks.
func (l Layer) Weights() int { return l.OutC * (l.InC / l.G) * l.K.Area() }
