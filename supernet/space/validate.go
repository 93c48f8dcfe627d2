package space

import "fmt"

// Depthwise reports whether the layer filters each channel on its own.
func (l Layer) Depthwise() bool {
	return l.Op == Conv && l.G > 1 && l.G == l.InC && l.G == l.OutC
}

// Validate reports the first fault of a plan: an unknown op, a size that is out
// of range, an input that is not an earlier step, shapes that do not meet, or a
// name that would stand for two tensors. A valid plan can be run.
func (p Plan) Validate() error {
	if len(p) == 0 {
		return fmt.Errorf("plan: no steps; want at least one")
	}
	for i, s := range p {
		if err := p.validate(i, s); err != nil {
			return p.fault(i, err)
		}
	}
	return p.validateNames()
}

// Bounds on the numbers of a plan.
const (
	maxDim    = 1 << 16 // sizes, so that products cannot overflow
	maxFlat   = 1 << 24 // input channels of a single pixel, such as a picture laid flat
	maxKernel = 255     // taps on a side and strides
	maxPool   = 16      // taps on a side of a pooling
	maxDil    = 16      // pixels from tap to tap
)

func (p Plan) validate(i int, s Step) error {
	l := s.Layer
	for _, d := range []struct {
		name string
		v    int
	}{{"height", l.H}, {"width", l.W}, {"input channels", l.InC}, {"output channels", l.OutC}} {
		most := maxDim
		if d.name == "input channels" && l.H == 1 && l.W == 1 {
			most = maxFlat
		}
		if d.v < 1 || d.v > most {
			return fmt.Errorf("%s is %d; want 1 to %d", d.name, d.v, most)
		}
	}
	if int(l.Act) >= len(actNames) {
		return fmt.Errorf("activation %d is unknown", l.Act)
	}
	if err := l.validateOp(s.Weight); err != nil {
		return err
	}
	if len(s.Transforms) > 0 && !l.Depthwise() {
		return fmt.Errorf("transforms its filter by %q; only depthwise convolutions do", s.Transforms)
	}
	if len(s.Transforms) > 0 && l.K.H != l.K.W {
		return fmt.Errorf("transforms its filter by %q to %v taps; want a square", s.Transforms, l.K)
	}
	if r := l.Op.row(); s.Bias != r.biased && (r.weight == nil || r.biased || s.Norm != "") {
		return fmt.Errorf("bias is %t; linear layers have one, convolutions only without batch norm", s.Bias)
	}
	return p.validateInputs(i, s)
}

func (l Layer) validateOp(weight string) error {
	if !l.Op.known() {
		return fmt.Errorf("op %d is unknown", l.Op)
	}
	r := l.Op.row()
	if r.window > 0 {
		if err := l.validateWindow(r.window); err != nil {
			return err
		}
	}
	if l.Dil != 0 && (!r.dilates || l.K.Area() == 1 || l.Dil < 2 || l.Dil > maxDil) {
		return fmt.Errorf("taps are %d pixels apart; want 2 to %d of convolutions with more than one, 0 otherwise", l.Dil, maxDil)
	}
	if r.check != nil {
		if err := r.check(l); err != nil {
			return err
		}
	}
	if !r.recasts && l.InC != l.OutC {
		return fmt.Errorf("%d channels in, %d out; want the same", l.InC, l.OutC)
	}
	if (r.weight != nil) != (weight != "") {
		return fmt.Errorf("weight is %q; convolutions and linear layers have one, others none", weight)
	}
	return nil
}

// validateWindow checks kernel and stride; most bounds the kernel.
func (l Layer) validateWindow(most int) error {
	if !Square(1).Within(l.K) || !l.K.Within(Square(most)) {
		return fmt.Errorf("kernel is %s; want 1 to %d", l.K.Short(), most)
	}
	if l.S < 1 || l.S > maxKernel {
		return fmt.Errorf("stride is %d; want 1 to %d", l.S, maxKernel)
	}
	if l.OutH() < 1 || l.OutW() < 1 {
		return fmt.Errorf("kernel is %s; want it to fit into %d x %d pixels with %s of padding on each side", l.K.Short(), l.H, l.W, l.Pad().Short())
	}
	return nil
}

func (p Plan) validateInputs(i int, s Step) error {
	l := s.Layer
	if want := l.Inputs(); len(s.In) == 0 || len(s.In) != want {
		return fmt.Errorf("has %d inputs; want %d", len(s.In), max(want, 1))
	}
	for k, j := range s.In {
		if j < Image || j >= i {
			return fmt.Errorf("reads step %d; want an earlier one, or %d for the picture", j, Image)
		}
		h, w, c := p.shape(j)
		wantH, wantW, wantC := l.Reads(k)
		if h != wantH || w != wantW || c != wantC {
			return fmt.Errorf("reads step %d of shape %dx%dx%d; want %dx%dx%d", j, h, w, c, wantH, wantW, wantC)
		}
	}
	if l.Op == Resize && s.In[0] != Image {
		return fmt.Errorf("reads step %d; want %d, the picture", s.In[0], Image)
	}
	return nil
}

// shape returns the output shape of step i, or the picture's.
func (p Plan) shape(i int) (h, w, c int) {
	if i == Image {
		l := p[0].Layer
		return l.H, l.W, l.InC
	}
	l := p[i].Layer
	return l.OutH(), l.OutW(), l.OutC
}
