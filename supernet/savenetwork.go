package supernet

import (
	"encoding/json"
	"fmt"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/checkpoint"
	"github.com/espalier-nas/espalier/supernet/space"
)

// networkHeader is the Meta document of a network file.
type networkHeader struct {
	Label
	Plan space.Plan `json:"plan"`
}

// Names of batch-norm statistics in a file.
func meanName(norm string) string { return norm + ".mean" }
func varName(norm string) string  { return norm + ".var" }

// Save replaces the file at path by the network with all that is needed to run it, as
// docs/checkpoint.md describes it (kind network).
func (w *Network) Save(path string) error {
	f, err := newFile(KindNetwork, networkHeader{w.label, w.view.plan})
	if err != nil {
		return err
	}
	for _, p := range w.net.params {
		f.Tensors = append(f.Tensors, logical(p, p.Name, p.Data))
	}
	for i, s := range w.view.plan {
		if s.Norm == "" {
			continue
		}
		c := []int{s.Layer.OutC}
		f.Tensors = append(f.Tensors, checkpoint.Tensor{Name: meanName(s.Norm), Shape: c, Data: w.stats[i].Mean},
			checkpoint.Tensor{Name: varName(s.Norm), Shape: c, Data: w.stats[i].Var})
	}
	return checkpoint.Write(path, f)
}

// NetworkSize returns how many bytes the file of a network of plan p will have, weights of its
// own and statistics included, to the byte; no weights are made. l must be the label that it
// is saved with.
func NetworkSize(p space.Plan, l Label) (int64, error) {
	plan := p.Baked()
	f, err := newFile(KindNetwork, networkHeader{l, plan})
	if err != nil {
		return 0, err
	}
	add := func(name string, shape ...int) {
		f.Tensors = append(f.Tensors, checkpoint.Tensor{Name: name, Shape: shape})
	}
	for _, w := range plan.Weights() {
		switch w.Role {
		case space.Dense:
			add(w.Name, w.OutC, w.InC, w.K.H, w.K.W)
		case space.Depthwise:
			add(w.Name, w.OutC, 1, w.K.H, w.K.W)
		case space.Norm:
			add(scaleName(w.Name), w.OutC)
			add(shiftName(w.Name), w.OutC)
		default:
			add(w.Name, w.OutC)
		}
	}
	for _, s := range plan {
		if s.Norm != "" {
			add(meanName(s.Norm), s.Layer.OutC)
			add(varName(s.Norm), s.Layer.OutC)
		}
	}
	return checkpoint.Size(f)
}

// LoadNetwork reads a network file. Damage, another kind of file and a plan that does not fit its
// tensors are errors that name the file and what was expected.
func LoadNetwork(path string) (*Network, error) {
	f, err := checkpoint.Read(path)
	if err != nil {
		return nil, err
	}
	if f.Kind != KindNetwork {
		return nil, fmt.Errorf("%s: kind is %q; want %q", path, f.Kind, KindNetwork)
	}
	var h networkHeader
	if err := json.Unmarshal(f.Meta, &h); err != nil {
		return nil, fmt.Errorf("%s: meta: %w", path, err)
	}
	if err := h.validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h.build(path, index(f))
}

func (h *networkHeader) validate() error {
	if err := h.Plan.Validate(); err != nil {
		return err
	}
	end := h.Plan[len(h.Plan)-1].Layer
	c, classes := h.Plan[0].Layer.InC, end.OutC
	switch {
	case end.OutH() != 1 || end.OutW() != 1:
		return fmt.Errorf("plan: the last step (%v) puts out %d x %d pixels; want 1 x 1, the logits", end, end.OutH(), end.OutW())
	case len(h.Mean) != c || len(h.Std) != c:
		return fmt.Errorf("mean and std have %d and %d values; want %d, the input's channels", len(h.Mean), len(h.Std), c)
	case len(h.Classes) != classes:
		return fmt.Errorf("classes: %d names; want %d, the outputs of the last step", len(h.Classes), classes)
	}
	if h.View != nil {
		if err := h.View.Validate(); err != nil {
			return fmt.Errorf("view: %w", err)
		}
	}
	for i, s := range h.Std {
		if !(s > 0) {
			return fmt.Errorf("std of channel %d is %v; want more than 0", i, s)
		}
	}
	return nil
}

// build makes the network once its file's tensors are known to have the sizes
// that the plan asks for, so that a plan's claim alone allocates nothing.
func (h *networkHeader) build(path string, tensors map[string]*checkpoint.Tensor) (*Network, error) {
	f, err := space.NewFixed(h.Plan)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, w := range f.Weights() {
		name, want := w.Name, w.Numbers()
		if w.Role == space.Norm {
			name, want = scaleName(name), int64(w.OutC)
		}
		if t := tensors[name]; t == nil || int64(len(t.Data)) != want {
			return nil, fmt.Errorf("%s: tensor %q is missing or has not the %d numbers of its layer", path, name, want)
		}
	}
	n := New(f, 0)
	if err := n.restore(path, tensors, ownName); err != nil {
		return nil, err
	}
	stats := make([]*ops.Stats, len(h.Plan))
	for i, s := range h.Plan {
		if s.Norm == "" {
			continue
		}
		stats[i] = ops.NewStats(s.Layer.OutC)
		v := ops.NewVector(s.Norm, s.Layer.OutC)
		if err := restore(path, tensors, v, meanName(s.Norm), stats[i].Mean); err != nil {
			return nil, err
		}
		if err := restore(path, tensors, v, varName(s.Norm), stats[i].Var); err != nil {
			return nil, err
		}
	}
	return newNetwork(n, stats, h.Label), nil
}
