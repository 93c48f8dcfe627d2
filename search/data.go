package search

import (
	"encoding/binary"
	"fmt"

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
	r.norm = data.Measure(r.splits.Train)
	if err := data.CheckLoader(r.splits.Train, r.norm, r.augment(), r.cfg.Train.Batch); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	print := fingerprint(r.splits)
	if r.state.Data != "" && r.state.Data != print {
		return fmt.Errorf("data: the pictures are not those that the run in %s began with", r.dir.Path())
	}
	r.state.Data = print
	s := r.splits
	r.monitor.Log.Info("data", "name", r.source.Name, "train", s.Train.Len(), "validation", s.Val.Len(), "test", s.Test.Len(), "classes", len(s.Train.Classes))
	return nil
}

func openDataset(c config.Data) (*data.Dataset, error) {
	if c.Dir == "" {
		return data.Embedded()
	}
	return data.Open(c.Dir, data.OpenOptions{Size: c.Size, Gray: c.Gray})
}

func (r *Run) augment() data.Augment {
	t := r.cfg.Train
	return data.Augment{Crop: t.Crop, Flip: t.Flip, Alternate: t.Alternate, Cutout: t.Cutout, Erase: t.Erase, EraseMost: t.EraseMost}
}

// fingerprint returns 16 hexadecimal digits over pixels and labels of all splits.
func fingerprint(s data.Splits) string { return fingerprintOf(s.Train, s.Val, s.Test) }

// pictures returns 16 hexadecimal digits over pixels and labels of a data set,
// however it is split.
func pictures(d *data.Dataset) string {
	if d.Test == nil {
		return fingerprintOf(d.Train)
	}
	return fingerprintOf(d.Train, d.Test)
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
