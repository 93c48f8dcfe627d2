//go:build exhaustive

package kernel

// exhaustive tells whether the build asks for the long walk.
const exhaustive = true
