//go:build !purego

package kernel

// purego tells whether the build leaves out assembly on purpose.
const purego = false
