package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// Kernels returns the names of the kernels that this machine can run, best
// first; each is a Config.Kernel.
func Kernels() []string {
	var names []string
	for _, s := range kernel.Available() {
		names = append(names, s.Name)
	}
	return names
}
