package space

// Arch is an architecture: one gene, the index of the chosen option, for each
// decision of its space, in order. A decision that is not made holds 0, so two
// values are equal exactly if they describe the same network description.
// It is comparable and may be a map key. The zero value belongs to no space.
type Arch struct{ genes string }

// NewArch returns the architecture with these genes, unchecked; spaces
// canonicalise with Canon.
func NewArch(genes []uint8) Arch { return Arch{string(genes)} }

// Len returns the number of genes.
func (a Arch) Len() int { return len(a.genes) }

// Gene returns the index of the option chosen for decision i.
func (a Arch) Gene(i int) int { return int(a.genes[i]) }

// Genes returns a copy of all genes.
func (a Arch) Genes() []uint8 { return []uint8(a.genes) }

// Less orders architectures by their genes, first gene first.
func (a Arch) Less(b Arch) bool { return a.genes < b.genes }
