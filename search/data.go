package search

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/supernet/data"
)

// openData reads the pictures, splits them, and measures the normalisation on
// the training split. A resumed run must find the pictures it began with.
func (r *Run) openData() error {
	c := r.cfg.Data
	var err error
	if r.source, err = openDataset(c); err != nil {
		return err
	}
	r.splits, err = r.source.Split(data.SplitOptions{Val: c.Validation, Test: c.Test, Seed: r.cfg.Seed})
	if err != nil {
		return err
	}
	r.decideFlip()
	if err := r.fitBatch(); err != nil {
		return err
	}
	r.norm = data.Measure(r.splits.Train)
	if err := data.CheckLoader(r.splits.Train, r.norm, r.augment(), r.cfg.Train.Batch); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	print := fingerprint(r.splits)
	if r.state.Data != "" && r.state.Data != print {
		return fmt.Errorf("data: the pictures are not those that the run in %s began with", r.dir.Path())
	}
	r.state.Data = print
	r.describeData()
	return nil
}

// decideFlip settles whether pictures are mirrored, where that is left to the data.
func (r *Run) decideFlip() {
	t := &r.cfg.Train
	if t.Flip != config.Auto {
		return
	}
	if t.Flip = config.On; r.splits.Train.Written() {
		t.Flip = config.Off
		r.monitor.Log.Info("pictures are not mirrored: classes are digits or letters", "train.flip", "false")
	}
}

// listedClasses bounds how many classes are told with their counts.
const listedClasses = 12

// describeData tells what was found, and what a person should know of it.
func (r *Run) describeData() {
	s, log := r.splits, r.monitor.Log
	what := []any{"name", r.source.Name, "train", s.Train.Len(), "validation", s.Val.Len(), "test", s.Test.Len(), "classes", len(s.Train.Classes)}
	if r.source.Layout != "" {
		what = append(what, "found", r.source.Layout, "size", fmt.Sprintf("%dx%dx%d", s.Train.H, s.Train.W, s.Train.C))
	}
	log.Info("data", what...)
	counts := s.Train.ClassCounts()
	if n := len(counts); r.source.Layout != "" && n <= listedClasses {
		var list []any
		for c, name := range s.Train.Classes {
			list = append(list, name, counts[c])
		}
		log.Info("training pictures", list...)
	}
	notes := slices.Concat(r.source.Notes, s.Train.Notes())
	if n := s.Train.Shared(s.Test); n > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d test pictures are among the training pictures too, pixel for pixel", n, s.Test.Len()))
	}
	if n := s.Train.Shared(s.Val); n > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d validation pictures are among the training pictures too, pixel for pixel", n, s.Val.Len()))
	}
	for _, note := range notes {
		log.Warn(note)
	}
}

// fitBatch makes train.batch small enough for two steps in a pass over the training
// pictures, where there are few.
func (r *Run) fitBatch() error {
	n, batch := r.splits.Train.Len(), &r.cfg.Train.Batch
	if *batch <= n {
		return nil
	}
	if n < leastPictures {
		return fmt.Errorf("data: %d training pictures; want at least %d", n, leastPictures)
	}
	was := *batch
	for *batch > n/2 {
		*batch /= 2
	}
	r.cfg.Finish.Batch = min(r.cfg.Finish.Batch, *batch)
	r.monitor.Log.Warn("fewer training pictures than a batch: the batch is smaller", "pictures", n, "train.batch", *batch, "instead of", was)
	return r.saveConfig()
}

// leastPictures are worth training on: two batches of two.
const leastPictures = 4

func openDataset(c config.Data) (*data.Dataset, error) {
	if c.Dir == "" {
		return data.Embedded()
	}
	return data.Open(c.Dir, data.OpenOptions{Size: c.Size, Gray: c.Gray, View: c.View(), SkipBad: c.SkipBad, Group: c.Group, LabelPattern: c.LabelPattern, Labels: c.Labels})
}

func (r *Run) augment() data.Augment {
	t := r.cfg.Train
	return data.Augment{Crop: t.Crop, Flip: t.Flip == config.On, Alternate: t.Alternate, Cutout: t.Cutout, Erase: t.Erase, EraseMost: t.EraseMost}
}

// fingerprint returns 16 hexadecimal digits over pixels and labels of all splits.
func fingerprint(s data.Splits) string { return fingerprintOf(s.Train, s.Val, s.Test) }

// pictures returns 16 hexadecimal digits over pixels and labels of a data set,
// however it is split.
func pictures(d *data.Dataset) string {
	sets := []*data.Set{d.Train}
	for _, s := range []*data.Set{d.Val, d.Test} {
		if s != nil {
			sets = append(sets, s)
		}
	}
	return fingerprintOf(sets...)
}

func fingerprintOf(sets ...*data.Set) string {
	h := xxh3.New()
	for _, set := range sets {
		var b [8]byte
		for _, n := range []int{set.Len(), set.H, set.W, set.C} {
			binary.LittleEndian.PutUint64(b[:], uint64(n))
			h.Write(b[:])
		}
		h.Write(set.Pix)
		for _, l := range set.Labels {
			binary.LittleEndian.PutUint16(b[:], l)
			h.Write(b[:2])
		}
	}
	return fmt.Sprintf("%016x", h.Sum64())
}
