//go:build !linux

package kernel

import "runtime"

// yield lets another goroutine that waits for this thread run first, if there is one.
func yield() { runtime.Gosched() }
