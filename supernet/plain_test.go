package supernet

import (
	"math"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// plainMaps is a batch of maps, [N][H][W][C], in double precision.
type plainMaps struct {
	n, h, w, c int
	v          []float64
}

func newPlainMaps(n, h, w, c int) plainMaps { return plainMaps{n, h, w, c, make([]float64, n*h*w*c)} }

func (m plainMaps) at(n, y, x, c int) *float64 { return &m.v[((n*m.h+y)*m.w+x)*m.c+c] }

// window calls f with every pixel of the window under the kernel, stride s, whose output is
// at (oy, ox), and with the tap that it meets.
func (m plainMaps) window(l space.Layer, oy, ox int, f func(y, x, ky, kx int)) {
	apart := max(1, l.Dil)
	for ky := range l.K.H {
		for kx := range l.K.W {
			y, x := oy*l.S+(ky-(l.K.H-1)/2)*apart, ox*l.S+(kx-(l.K.W-1)/2)*apart
			if y >= 0 && y < m.h && x >= 0 && x < m.w {
				f(y, x, ky, kx)
			}
		}
	}
}

// plainNet computes plans by loops over the definition of each layer. It shares
// with the engine the place of each number in a parameter (ops.Param.Index) and
// nothing else.
type plainNet struct {
	byName map[string]*ops.Param
	w      map[string][]float64 // values of the parameters, in their layout
}

func newPlainNet(n *Net) plainNet {
	p := plainNet{n.byName, map[string][]float64{}}
	for _, q := range n.params {
		for _, v := range q.Data {
			p.w[q.Name] = append(p.w[q.Name], float64(v))
		}
	}
	return p
}

// moments are means and biased variances of channels.
type moments struct{ mean, variance []float64 }

// momentsOf returns those of a batch.
func momentsOf(m plainMaps) moments {
	s := moments{make([]float64, m.c), make([]float64, m.c)}
	count := float64(m.n * m.h * m.w)
	for i, v := range m.v {
		s.mean[i%m.c] += v / count
	}
	for i, v := range m.v {
		d := v - s.mean[i%m.c]
		s.variance[i%m.c] += d * d / count
	}
	return s
}

// forward returns the logits of a batch, [N][classes]. stats gives the moments
// that step i normalises its output y with.
func (p plainNet) forward(plan space.Plan, image plainMaps, stats func(i int, y plainMaps) moments) []float64 {
	return p.outputs(plan, image, stats)[len(plan)-1].v
}

// outputs returns what each step puts out.
func (p plainNet) outputs(plan space.Plan, image plainMaps, stats func(i int, y plainMaps) moments) []plainMaps {
	outs := make([]plainMaps, len(plan))
	for i, s := range plan {
		in := make([]plainMaps, len(s.In))
		for k, j := range s.In {
			if in[k] = image; j != space.Image {
				in[k] = outs[j]
			}
		}
		y := p.layer(s, in)
		if s.Norm != "" {
			p.normalise(s.Norm, y, stats(i, y))
		}
		for k, v := range y.v {
			y.v[k] = plainAct(s.Layer.Act, v)
		}
		outs[i] = y
	}
	return outs
}

func (p plainNet) normalise(norm string, y plainMaps, m moments) {
	scale, shift := p.w[norm+".scale"], p.w[norm+".shift"]
	for k := range y.v {
		c := k % y.c
		y.v[k] = (y.v[k]-m.mean[c])/math.Sqrt(m.variance[c]+1e-5)*scale[c] + shift[c]
	}
}

func plainAct(a space.Act, v float64) float64 {
	switch a {
	case space.NoAct:
		return v
	case space.ReLU:
		return max(0, v)
	case space.HardSwish:
		return v * min(1, max(0, v/6+0.5))
	}
	panic("plainAct: unknown activation")
}

// layer computes a step without norm and activation.
func (p plainNet) layer(s space.Step, in []plainMaps) plainMaps {
	l, x := s.Layer, in[0]
	y := newPlainMaps(x.n, l.OutH(), l.OutW(), l.OutC)
	for n := range y.n {
		for oy := range y.h {
			for ox := range y.w {
				for o := range y.c {
					*y.at(n, oy, ox, o) = p.value(s, in, n, oy, ox, o)
				}
			}
		}
	}
	return y
}

// value computes one number of a step's output.
func (p plainNet) value(s space.Step, in []plainMaps, n, oy, ox, o int) float64 {
	l, x := s.Layer, in[0]
	sum, count, top := 0.0, 0.0, math.Inf(-1)
	switch l.Op {
	case space.Conv:
		q, w := p.byName[s.Weight], p.w[s.Weight]
		top, left, per := (q.KH-l.K.H)/2, (q.KW-l.K.W)/2, l.InC/l.G
		x.window(l, oy, ox, func(y, xx, ky, kx int) {
			for i := range per {
				sum += w[q.Index(o, i, top+ky, left+kx)] * *x.at(n, y, xx, o/(l.OutC/l.G)*per+i)
			}
		})
		if s.Bias {
			sum += p.w[s.Weight+".bias"][o]
		}
	case space.Identity:
		return *x.at(n, oy, ox, o)
	case space.MaxPool:
		x.window(l, oy, ox, func(y, xx, _, _ int) { top = max(top, *x.at(n, y, xx, o)) })
		return top
	case space.AvgPool:
		x.window(l, oy, ox, func(y, xx, _, _ int) { sum, count = sum+*x.at(n, y, xx, o), count+1 })
		return sum / count
	case space.Add:
		for _, m := range in {
			sum += *m.at(n, oy, ox, o)
		}
	case space.GlobalPool:
		for y := range x.h {
			for xx := range x.w {
				sum += *x.at(n, y, xx, o) / float64(x.h*x.w)
			}
		}
	case space.Linear:
		q, w := p.byName[s.Weight], p.w[s.Weight]
		for i := range l.InC {
			sum += w[q.Index(o, i, 0, 0)] * *x.at(n, 0, 0, i)
		}
		sum += p.w[s.Weight+".bias"][o]
	}
	return sum
}

// plainLogSoftmax returns the logarithms of the softmax of each row.
func plainLogSoftmax(logits []float64, classes int) []float64 {
	out := make([]float64, len(logits))
	for i := 0; i < len(logits); i += classes {
		sum := 0.0
		for _, v := range logits[i : i+classes] {
			sum += math.Exp(v)
		}
		for j, v := range logits[i : i+classes] {
			out[i+j] = v - math.Log(sum)
		}
	}
	return out
}

// plainLoss returns the mean cross entropy of logits against target
// distributions, both [N][classes].
func plainLoss(logits, target []float64, classes int) float64 {
	loss := 0.0
	for i, l := range plainLogSoftmax(logits, classes) {
		loss -= target[i] * l
	}
	return loss / float64(len(logits)/classes)
}

// plainLabels returns smoothed one-hot distributions.
func plainLabels(labels []int32, classes int, smoothing float64) []float64 {
	t := make([]float64, len(labels)*classes)
	for i := range t {
		t[i] = smoothing / float64(classes)
	}
	for i, l := range labels {
		t[i*classes+int(l)] += 1 - smoothing
	}
	return t
}

// plainCorrect counts the rows whose largest logit is the label's.
func plainCorrect(logits []float64, labels []int32, classes int) int {
	correct := 0
	for i, l := range labels {
		best := 0
		for j, v := range logits[i*classes : (i+1)*classes] {
			if v > logits[i*classes+best] {
				best = j
			}
		}
		if best == int(l) {
			correct++
		}
	}
	return correct
}

// plainNorm returns mean and population deviation of each channel of value/255.
func plainNorm(s *data.Set) data.Normalization {
	n := data.Normalization{Mean: make([]float32, s.C), Std: make([]float32, s.C)}
	for c := range s.C {
		sum, squares, count := 0.0, 0.0, 0.0
		for i := c; i < len(s.Pix); i += s.C {
			v := float64(s.Pix[i]) / 255
			sum, squares, count = sum+v, squares+v*v, count+1
		}
		mean := sum / count
		n.Mean[c], n.Std[c] = float32(mean), float32(math.Sqrt(squares/count-mean*mean))
	}
	return n
}

// plainPictures returns pictures first, first+1, ... of a set, normalised and
// otherwise as they are.
func plainPictures(s *data.Set, norm data.Normalization, first, n int) (plainMaps, []int32) {
	m := newPlainMaps(n, s.H, s.W, s.C)
	size := s.H * s.W * s.C
	labels := make([]int32, n)
	for i := range m.v {
		c := i % s.C
		m.v[i] = (float64(s.Pix[first*size+i])/255 - float64(norm.Mean[c])) / float64(norm.Std[c])
	}
	for i := range labels {
		labels[i] = int32(s.Labels[first+i])
	}
	return m, labels
}
