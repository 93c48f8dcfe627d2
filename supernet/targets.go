package supernet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/zeebo/xxh3"

	"github.com/espalier-nas/espalier/supernet/data"
)

// Targets are what a teacher said of the training images, once and unaugmented, as
// Network.Logits returns it. A sample that learns from labels has the loss
// (1-Weight) * cross entropy to the labels + Weight * cross entropy to the
// teacher's softmax (Hinton et al. 2015, at temperature 1).
type Targets struct {
	Logits []float32 // images x classes, in the order of the training set
	Weight float64   // 0 to 1
}

// Distil gives the trainer a teacher. It must be called before the first step and
// before Load; a checkpoint goes on with the same targets only.
func (t *Trainer) Distil(g Targets) error {
	if t.step > 0 {
		return errors.New("distillation: the training has begun; want targets before its first step")
	}
	if err := g.validate(t.loader.Set()); err != nil {
		return fmt.Errorf("distillation: %w", err)
	}
	t.targets, t.targetsID = g, g.fingerprint()
	return nil
}

func (g Targets) validate(s *data.Set) error {
	var errs []error
	if want := s.Len() * len(s.Classes); len(g.Logits) != want {
		errs = append(errs, fmt.Errorf("targets hold %d logits; want %d, %d classes of %d images", len(g.Logits), want, len(s.Classes), s.Len()))
	}
	if !(g.Weight >= 0 && g.Weight <= 1) {
		errs = append(errs, fmt.Errorf("weight of the targets is %v; want 0 to 1", g.Weight))
	}
	for i, v := range g.Logits {
		if x := float64(v); math.IsNaN(x) || math.IsInf(x, 0) {
			errs = append(errs, fmt.Errorf("logit %d of the targets is %v; want a finite number", i, v))
			break
		}
	}
	return errors.Join(errs...)
}

// fingerprint returns 16 hexadecimal digits over weight and logits.
func (g Targets) fingerprint() string {
	h := xxh3.New()
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], math.Float64bits(g.Weight))
	h.Write(b[:])
	for _, v := range g.Logits {
		binary.LittleEndian.PutUint32(b[:4], math.Float32bits(v))
		h.Write(b[:4])
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// of appends the logits of a batch to dst.
func (g *Targets) of(b *data.Batch, classes int, dst []float32) []float32 {
	for _, i := range b.Index {
		dst = append(dst, g.Logits[int(i)*classes:][:classes]...)
	}
	return dst
}
