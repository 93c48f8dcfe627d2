package supernet

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/checkpoint"
)

// Kinds of file, as checkpoint.File.Kind names them.
const (
	KindSupernet = "supernet" // shared weights, and training state if it is unfinished
	KindNetwork  = "network"  // one extracted network
)

// Header is the Meta document of a supernet file.
type Header struct {
	SpaceID string          `json:"space_id"`
	Step    int             `json:"step"`              // optimiser steps done
	Options *TrainOptions   `json:"train,omitempty"`   // of the training run
	Replans []Replan        `json:"replans,omitempty"` // changes of the options' number of steps
	Targets string          `json:"targets,omitempty"` // fingerprint of a teacher's logits
	Owner   json.RawMessage `json:"owner,omitempty"`   // whatever the caller keeps with it
}

// Save writes weights, optimiser state and step, and owner, a JSON document of
// the caller's. A trainer made with the same arguments that loads the file goes
// on as if never interrupted.
func (t *Trainer) Save(path string, owner json.RawMessage) error {
	h := Header{SpaceID: t.net.family.Space().ID(), Step: t.step, Options: &t.o, Replans: t.course.changes, Targets: t.targetsID, Owner: owner}
	f, err := newFile(KindSupernet, h)
	if err != nil {
		return err
	}
	for _, p := range t.net.params {
		f.Tensors = append(f.Tensors, logical(p, p.Name, p.Data))
	}
	for i, b := range append(t.opt.State(), t.average.state()...) {
		f.Tensors = append(f.Tensors, logical(t.net.params[i%len(t.net.params)], b.Name, b.Data))
	}
	return checkpoint.Write(path, f)
}

// Load restores what Save wrote and returns the caller's document. The file must be of the same
// space, training options and targets; errors name the file and what it lacks, and the trainer
// is not to be used after one.
func (t *Trainer) Load(path string) (json.RawMessage, error) {
	f, h, err := readSupernet(path, t.net)
	if err != nil {
		return nil, err
	}
	if h.Options == nil || h.Options.resolved() != t.o.resolved() {
		return nil, fmt.Errorf("%s: train: saved with other options (%+v); want %+v", path, h.Options, t.o)
	}
	if err := checkReplans(h.Replans, t.o.Steps, h.Step); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if h.Targets != t.targetsID {
		return nil, fmt.Errorf("%s: targets: saved with a teacher of fingerprint %q; want %q", path, h.Targets, t.targetsID)
	}
	tensors := index(f)
	for i, b := range append(t.opt.State(), t.average.state()...) { // one buffer per parameter, or two
		if err := restore(path, tensors, t.net.params[i%len(t.net.params)], b.Name, b.Data); err != nil {
			return nil, err
		}
	}
	if err := t.net.restore(path, tensors, ownName); err != nil {
		return nil, err
	}
	t.step = h.Step
	for _, r := range h.Replans {
		t.replan(r)
	}
	return h.Owner, nil
}

// Load replaces the weights by those of a supernet file of the same space: the
// averaged ones, if its training kept them. It reads no others, nor the optimiser's state.
func (n *Net) Load(path string) (Header, error) {
	var h Header
	name := ownName
	f, err := checkpoint.ReadSome(path, func(in *checkpoint.Header) (func(string) bool, error) {
		var err error
		if h, err = headerOf(path, in.Kind, in.Meta, n); err != nil {
			return nil, err
		}
		if h.Options != nil && h.Options.Average > 0 {
			name = averageName
		}
		wanted := make(map[string]bool, len(n.params))
		for _, p := range n.params {
			wanted[name(p.Name)] = true
		}
		return func(name string) bool { return wanted[name] }, nil
	})
	if err != nil {
		return Header{}, err
	}
	return h, n.restore(path, index(f), name)
}

// ReadHeader returns the Meta document of a supernet file, of whatever space, without its tensors.
func ReadHeader(path string) (Header, error) {
	var h Header
	_, err := checkpoint.ReadSome(path, func(in *checkpoint.Header) (func(string) bool, error) {
		if in.Kind != KindSupernet {
			return nil, fmt.Errorf("%s: kind is %q; want %q", path, in.Kind, KindSupernet)
		}
		if err := json.Unmarshal(in.Meta, &h); err != nil {
			return nil, fmt.Errorf("%s: meta: %w", path, err)
		}
		return func(string) bool { return false }, nil
	})
	return h, err
}

func newFile(kind string, meta any) (*checkpoint.File, error) {
	b, err := json.Marshal(meta)
	if err != nil {
		return nil, fmt.Errorf("%s file: %w", kind, err)
	}
	return &checkpoint.File{Kind: kind, Meta: b}, nil
}

func readSupernet(path string, n *Net) (*checkpoint.File, Header, error) {
	f, err := checkpoint.Read(path)
	if err != nil {
		return nil, Header{}, err
	}
	h, err := headerOf(path, f.Kind, f.Meta, n)
	return f, h, err
}

// headerOf returns the document of a file that must be a supernet of n's space.
func headerOf(path, kind string, meta []byte, n *Net) (h Header, err error) {
	if kind != KindSupernet {
		return h, fmt.Errorf("%s: kind is %q; want %q", path, kind, KindSupernet)
	}
	if err := json.Unmarshal(meta, &h); err != nil {
		return h, fmt.Errorf("%s: meta: %w", path, err)
	}
	if id := n.family.Space().ID(); h.SpaceID != id {
		return h, fmt.Errorf("%s: space_id is %s; want %s, this configuration's", path, h.SpaceID, id)
	}
	return h, nil
}

// ownName is the name of a parameter's tensor: its own.
func ownName(param string) string { return param }

// restore reads the parameters from the tensors that name names.
func (n *Net) restore(path string, tensors map[string]*checkpoint.Tensor, name func(param string) string) error {
	for _, p := range n.params {
		if err := restore(path, tensors, p, name(p.Name), p.Data); err != nil {
			return err
		}
	}
	return nil
}

func index(f *checkpoint.File) map[string]*checkpoint.Tensor {
	m := make(map[string]*checkpoint.Tensor, len(f.Tensors))
	for i := range f.Tensors {
		m[f.Tensors[i].Name] = &f.Tensors[i]
	}
	return m
}

// shapeOf returns the logical shape of a parameter: O, I, KH, KW or C.
func shapeOf(p *ops.Param) []int {
	if p.Layout == ops.VectorLayout {
		return []int{p.OutC}
	}
	return []int{p.OutC, p.InC / p.G, p.KH, p.KW}
}

// logical copies storage of p's layout into row-major order of its logical
// shape, which does not depend on how kernels want it.
func logical(p *ops.Param, name string, from []float32) checkpoint.Tensor {
	t := checkpoint.Tensor{Name: name, Shape: shapeOf(p), Data: make([]float32, 0, p.Count())}
	eachValue(p, func(_, at int) { t.Data = append(t.Data, from[at]) })
	return t
}

// restore copies the named tensor into storage of p's layout.
func restore(path string, tensors map[string]*checkpoint.Tensor, p *ops.Param, name string, to []float32) error {
	t := tensors[name]
	if t == nil {
		return fmt.Errorf("%s: tensor %q is missing", path, name)
	}
	want := shapeOf(p)
	if !slices.Equal(t.Shape, want) {
		return fmt.Errorf("%s: tensor %q has shape %v; want %v", path, name, t.Shape, want)
	}
	k := 0
	eachValue(p, func(_, at int) {
		to[at] = t.Data[k]
		k++
	})
	return nil
}
