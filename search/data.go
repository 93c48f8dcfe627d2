package search

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/data"
)

// openData reads the pictures, splits them, and measures the normalisation on
// the training split. A resumed run must find the pictures it began with.
func (r *Run) openData() error {
	c := r.cfg.Data
	if !utf8.ValidString(c.Dir) {
		return fmt.Errorf("data: the path %q is not UTF-8, so that no configuration can hold it; want another name, or a link to it", c.Dir)
	}
	var err error
	if r.source, err = openDataset(c, r.monitor); err != nil {
		return err
	}
	if n := len(r.source.Train.Classes); n < 2 {
		return fmt.Errorf("data: %s: %d class (%s); want at least 2: a folder of pictures for each, a list, or names that tell them", c.Dir, n, r.source.Train.Classes[0])
	}
	r.splits, err = r.source.Split(data.SplitOptions{Val: c.Validation, Test: c.Test, Seed: r.cfg.Seed})
	if err != nil {
		return err
	}
	asked := r.cfg
	r.decideReflect()
	r.decideFlip()
	r.decideSmall()
	r.decidePlain()
	r.decideEvaluation()
	if err := r.fitBatch(); err != nil {
		return err
	}
	r.cfg.NoteDecided(asked)
	if err := r.splits.Val.Warm(); err != nil { // evaluated on more often than trained on
		return err
	}
	look, print, err := survey(r.splits)
	if err != nil {
		return err
	}
	r.norm = look.Normalization()
	if err := data.CheckLoader(r.splits.Train, r.norm, r.augment(), r.cfg.Train.Batch); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	if r.state.Data != "" && r.state.Data != print {
		return fmt.Errorf("data: the pictures are not those that the run in %s began with", r.dir.Path())
	}
	r.state.Data = print
	r.describeData(look)
	return nil
}

// decideReflect settles what the frame shows out of which crops are cut, where that is left to the data: grey pictures
// (clothes, digits) lie on black. A training that an earlier version began, which says nothing of it, goes on with black.
func (r *Run) decideReflect() {
	t := &r.cfg.Train
	if t.Reflect != config.Auto {
		return
	}
	if t.Reflect = config.Off; r.splits.Train.C > 1 && !r.begun() {
		t.Reflect = config.On
	}
}

// begun says whether the run's folder, if it has one, holds weights.
func (r *Run) begun() bool {
	return r.dir != nil && (r.dir.Has(rundir.Supernet) || r.dir.Has(aloneCheckpoint))
}

// decideFlip settles whether pictures are mirrored, where that is left to the data.
func (r *Run) decideFlip() {
	t := &r.cfg.Train
	if t.Flip != config.Auto {
		return
	}
	why := ""
	switch s := r.splits.Train; {
	case s.Written():
		why = "classes are digits or letters"
	case handed(s) != "":
		why = handed(s)
	case s.H == 1 || s.W == 1:
		why = "of one row or column they are signals, other ones backwards"
	default:
		t.Flip = config.On
		return
	}
	t.Flip = config.Off
	r.monitor.Log.Info("pictures are not mirrored: "+why, "train.flip", "false")
}

// handed says which classes of a set are each other's mirror images; "" if none are.
func handed(s *data.Set) string {
	one, other := s.Handed()
	if one == "" {
		return ""
	}
	return fmt.Sprintf("mirrored pictures of %q are of %q", one, other)
}

// The share of a training of its own that is on small pictures where that is left to the data, and the
// least side that is made smaller; see docs/log/recipes.md.
const (
	smallColour = 0.6
	leastWhole  = 16
)

// decideSmall settles for how long pictures are small, where that is left to the data: photos are where a
// budget turns the time that this saves into steps; grey ones (clothes, digits) gain nothing by it. A
// training that an earlier version began, which says nothing of it, goes on with whole pictures.
func (r *Run) decideSmall() {
	t, s := &r.cfg.Train, r.splits.Train
	if t.Small != config.AutoAmount {
		return
	}
	fixed := t.Arch != "" && (t.Steps > 0 || t.Epochs > 0) // the length of the only training
	if t.Small = 0; r.budgeted() && !fixed && s.C > 1 && min(s.H, s.W) >= leastWhole && !r.begun() {
		t.Small = smallColour
	}
}

// Passes at the end that show pictures as they are, where that is left to the data. Grey
// ones (clothes, digits) are seen upright and centred, so what crops and mirroring make of
// them is not met; see docs/log/recipes.md.
const plainGrey, plainColour = 8, 2

// decidePlain settles how many passes at the end show pictures as they are, where that is
// left to the data.
func (r *Run) decidePlain() {
	t := &r.cfg.Train
	if t.Plain != config.AutoAmount {
		return
	}
	if t.Plain = plainGrey; r.splits.Train.C > 1 {
		t.Plain = plainColour
	}
}

// decideEvaluation settles how many pictures are evaluated at a time, where that is left to the
// data: as many as have the pixels of mostEvaluated of side evaluatedSide, and at least leastEvaluated.
func (r *Run) decideEvaluation() {
	e, s := &r.cfg.Evaluate, r.splits.Train
	if e.Batch == 0 {
		e.Batch = min(mostEvaluated, max(leastEvaluated, mostEvaluated*evaluatedSide*evaluatedSide/(s.H*s.W)))
	}
}

// Bounds of decideEvaluation.
const mostEvaluated, leastEvaluated, evaluatedSide = 128, 16, 64

// listedClasses bounds how many classes are told with their counts.
const listedClasses = 12

// describeData tells what was found, and what a person should know of it.
func (r *Run) describeData(look *data.Survey) {
	s, log := r.splits, r.monitor.Log
	what := []any{"name", r.source.Name, "train", s.Train.Len(), "validation", s.Val.Len(), "test", s.Test.Len(), "classes", len(s.Train.Classes)}
	if r.source.Layout != "" {
		what = append(what, "found", r.source.Layout, "size", fmt.Sprintf("%dx%dx%d", s.Train.H, s.Train.W, s.Train.C))
	}
	log.Info("data", what...)
	if s.Train.Streamed() {
		log.Info("pictures are read from their files when they are asked for", "kept in memory", inBytes(s.Train.Bytes()))
	}
	counts := s.Train.ClassCounts()
	if n := len(counts); r.source.Layout != "" && n <= listedClasses {
		var list []any
		for c, name := range s.Train.Classes {
			list = append(list, name, counts[c])
		}
		log.Info("training pictures", list...)
	}
	notes := slices.Concat(r.source.Notes, look.Notes())
	if n := s.Train.Shared(s.Test); n > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d test pictures are among the training pictures too, pixel for pixel", n, s.Test.Len()))
	}
	if n := s.Train.Shared(s.Val); n > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d validation pictures are among the training pictures too, pixel for pixel", n, s.Val.Len()))
	}
	if c := slices.Index(s.Val.ClassCounts(), 0); c >= 0 {
		notes = append(notes, fmt.Sprintf("the validation split has no pictures of class %q", s.Val.Classes[c]))
	}
	if c := slices.Index(s.Test.ClassCounts(), 0); c >= 0 && s.Test.Len() > 0 {
		notes = append(notes, fmt.Sprintf("the test split has no pictures of class %q", s.Test.Classes[c]))
	}
	for _, note := range notes {
		log.Warn(note)
	}
}

// fitBatch makes train.batch and finish.batch small enough for two steps in a pass over the
// training pictures, where there are few.
func (r *Run) fitBatch() error {
	n, train, finish := r.splits.Train.Len(), &r.cfg.Train.Batch, &r.cfg.Finish.Batch
	if max(*train, *finish) <= n {
		return nil
	}
	if n < leastPictures {
		return fmt.Errorf("data: %d training pictures; want at least %d", n, leastPictures)
	}
	if *train > n {
		was := *train
		*train = smaller(*train, n)
		*finish = min(*finish, *train)
		r.monitor.Log.Warn("fewer training pictures than a batch: the batch is smaller", "pictures", n, "train.batch", *train, "instead of", was)
	}
	if *finish > n {
		was := *finish
		*finish = smaller(*finish, n)
		r.monitor.Log.Warn("fewer training pictures than a batch of finishing: the batch is smaller", "pictures", n, "finish.batch", *finish, "instead of", was)
	}
	return nil
}

// smaller halves a batch until two of them are no more than n pictures.
func smaller(batch, n int) int {
	for batch > n/2 {
		batch /= 2
	}
	return batch
}

// leastPictures are worth training on: two batches of two.
const leastPictures = 4

const (
	// cacheShare is the part of the free memory, as 1/cacheShare, that pictures in folders may
	// take before they are streamed: what trains on them takes more.
	cacheShare = 4
	leastCache = 16 << 20
)

func openDataset(c config.Data, m Monitor) (*data.Dataset, error) {
	if c.Dir == "" {
		return data.Embedded()
	}
	cache := int64(c.Cache)
	if cache == 0 {
		cache = max(leastCache, freeMemory(memoryRoot)/cacheShare)
	}
	expect := func(bytes int64) { m.Memory(programBytes + readBytes + bytes) }
	return data.Open(c.Dir, data.OpenOptions{Stop: m.Stop, Expect: expect, Cache: cache, Size: c.Size, Gray: c.Gray, View: c.View(), SkipBad: c.SkipBad, Group: c.Group, LabelPattern: c.LabelPattern, Labels: c.Labels})
}

func (r *Run) augment() data.Augment {
	t := r.cfg.Train
	return data.Augment{Crop: t.Crop, Reflect: t.Reflect == config.On, Flip: t.Flip == config.On, Alternate: t.Alternate, Cutout: t.Cutout, Erase: t.Erase, EraseMost: t.EraseMost}
}

// survey looks at the pictures of all splits, once. It returns what it saw of the training
// split and the fingerprint of all, 16 hexadecimal digits over pixels and labels.
func survey(s data.Splits) (train *data.Survey, print string, err error) {
	h := xxh3.New()
	for _, set := range []*data.Set{s.Train, s.Val, s.Test} {
		look, err := hash(h, set)
		if err != nil {
			return nil, "", err
		}
		if set == s.Train {
			train = look
		}
	}
	return train, fmt.Sprintf("%016x", h.Sum64()), nil
}

// pictures returns the same digits of a data set, however it is split.
func pictures(d *data.Dataset) (string, error) {
	h := xxh3.New()
	for _, set := range []*data.Set{d.Train, d.Val, d.Test} {
		if set == nil {
			continue
		}
		if _, err := hash(h, set); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%016x", h.Sum64()), nil
}

// hash adds a set to h and returns what it saw.
func hash(h *xxh3.Hasher, set *data.Set) (*data.Survey, error) {
	var b [8]byte
	for _, n := range []int{set.Len(), set.H, set.W, set.C} {
		binary.LittleEndian.PutUint64(b[:], uint64(n))
		h.Write(b[:])
	}
	look, err := set.Survey(func(p []uint8) { h.Write(p) })
	if err != nil {
		return nil, err
	}
	for _, l := range set.Labels {
		binary.LittleEndian.PutUint16(b[:], l)
		h.Write(b[:2])
	}
	return look, nil
}
