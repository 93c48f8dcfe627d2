package space

// MaxMet is the bound on what a Drawer remembers.
const MaxMet = maxMet

// Met returns how many architectures the drawer remembers.
func (d *Drawer) Met() int { return len(d.w.met) }
