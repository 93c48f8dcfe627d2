package space

// Band is channels inside a block that can change places without changing what the network
// at full width computes: subnets of less width use the first of them.
type Band struct {
	Outputs []string // weights, norms and biases that have them as outputs, as Weights names them
	// Inputs are dense weights that have them as inputs. What the first reads of a channel
	// tells what that is worth.
	Inputs []string
}

// Sortable is a family with bands.
type Sortable interface {
	// Bands lists all bands; none has channels of another.
	Bands() []Band
}
