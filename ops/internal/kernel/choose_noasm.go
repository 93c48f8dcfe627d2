//go:build !amd64 || purego

package kernel

// Available returns the kernels that this machine can run, best first.
func Available() []*Set { return []*Set{plainSet()} }
