package config

// Decided holds what stands in place of figures that were asked for, where the budget or the
// pictures of a run wanted others; nil: what was asked for stands.
type Decided struct {
	Images      *Decision[int]    `yaml:"evaluate.images,omitempty"`
	Calibration *Decision[int]    `yaml:"evaluate.calibration,omitempty"`
	Evaluated   *Decision[int]    `yaml:"evaluate.batch,omitempty"`
	Samples     *Decision[int]    `yaml:"predictor.samples,omitempty"`
	Folds       *Decision[int]    `yaml:"predictor.folds,omitempty"`
	Trials      *Decision[int]    `yaml:"search.trials,omitempty"`
	Rounds      *Decision[int]    `yaml:"search.rounds,omitempty"`
	Picks       *Decision[int]    `yaml:"search.picks,omitempty"`
	Top         *Decision[int]    `yaml:"search.top,omitempty"`
	Networks    *Decision[int]    `yaml:"finish.networks,omitempty"`
	Finished    *Decision[int]    `yaml:"finish.batch,omitempty"`
	Batch       *Decision[int]    `yaml:"train.batch,omitempty"`
	Reflect     *Decision[Toggle] `yaml:"train.reflect,omitempty"`
	Flip        *Decision[Toggle] `yaml:"train.flip,omitempty"`
	Small       *Decision[Amount] `yaml:"train.small,omitempty"`
	Plain       *Decision[Amount] `yaml:"train.plain,omitempty"`
}

// Decision is what stands in a field instead of what was asked for.
type Decision[T comparable] struct {
	Asked T `yaml:"asked"`
	Now   T `yaml:"now"` // a field that holds something else was changed since, by hand: that is what is asked for
}

// decidable is a field of a document with its decision.
type decidable interface {
	note(before decidable)
	forget()
}

type decidableField[T comparable] struct {
	value    *T
	decision **Decision[T]
}

// note keeps what was asked for where the field was changed after before, the same of another document.
func (f decidableField[T]) note(before decidable) {
	was := *before.(decidableField[T]).value
	if *f.value == was {
		return
	}
	asked := was
	if d := *f.decision; d != nil && d.Now == was {
		asked = d.Asked
	}
	*f.decision = &Decision[T]{Asked: asked, Now: *f.value}
}

// forget puts what was asked for back into the field.
func (f decidableField[T]) forget() {
	if d := *f.decision; d != nil && d.Now == *f.value {
		*f.value = d.Asked
	}
	*f.decision = nil
}

// decidables returns the fields in whose place a run may put something else.
func (c *Config) decidables() []decidable {
	d := &c.Decided
	return []decidable{
		decidableField[int]{&c.Evaluate.Images, &d.Images},
		decidableField[int]{&c.Evaluate.Calibration, &d.Calibration},
		decidableField[int]{&c.Evaluate.Batch, &d.Evaluated},
		decidableField[int]{&c.Predictor.Samples, &d.Samples},
		decidableField[int]{&c.Predictor.Folds, &d.Folds},
		decidableField[int]{&c.Search.Trials, &d.Trials},
		decidableField[int]{&c.Search.Rounds, &d.Rounds},
		decidableField[int]{&c.Search.Picks, &d.Picks},
		decidableField[int]{&c.Search.Top, &d.Top},
		decidableField[int]{&c.Finish.Networks, &d.Networks},
		decidableField[int]{&c.Finish.Batch, &d.Finished},
		decidableField[int]{&c.Train.Batch, &d.Batch},
		decidableField[Toggle]{&c.Train.Reflect, &d.Reflect},
		decidableField[Toggle]{&c.Train.Flip, &d.Flip},
		decidableField[Amount]{&c.Train.Small, &d.Small},
		decidableField[Amount]{&c.Train.Plain, &d.Plain},
	}
}

// NoteDecided keeps, of figures that a run has changed in a document that was before, what was asked for.
func (c *Config) NoteDecided(before Config) {
	was := before.decidables()
	for i, f := range c.decidables() {
		f.note(was[i])
	}
}

// Forget drops what a run has decided on for its own length, pictures and search, and what holds
// for no other: how slow networks may be, steps of finishing, changes of length, calls of a
// probe, and what stands in place of what was asked for. train.steps stays.
func (c *Config) Forget() {
	c.Train.Replans, c.Device.Probed = nil, nil
	c.Finish.Reach, c.Finish.Plan, c.Finish.Replans, c.Finish.Linear = 0, nil, nil, 0
	for _, f := range c.decidables() {
		f.forget()
	}
}
