package space

// Declaration is a configuration of one kind of family, as it stands in files.
type Declaration interface {
	// Title is a name for reports.
	Title() string
	// Validate reports every fault in one error; each names the field and what was
	// expected.
	Validate() error
	// Open returns the family for these images.
	Open(Input) (Family, error)
}

// FamilyKind is a kind of family that search knows.
type FamilyKind struct {
	Name    string             // the key of its declaration in a document
	Doc     string             // what it is, in one line
	Empty   func() Declaration // returns a pointer to an empty declaration, to be decoded into
	Presets []Preset
}

// Preset is a ready-made declaration.
type Preset struct {
	Name    string
	Declare func() Declaration // a new one at each call
}
