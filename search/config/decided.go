package config

// Forget drops what a run has decided on for its own length, pictures and search, and what holds
// for no other: how slow networks may be, steps of finishing, changes of length, calls of a
// probe. train.steps stays.
func (c *Config) Forget() {
	c.Train.Replans, c.Device.Probed = nil, nil
	c.Finish.Reach, c.Finish.Plan, c.Finish.Replans, c.Finish.Linear = 0, nil, nil, 0
}
