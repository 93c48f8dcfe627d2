package config

import (
	"strings"
	"testing"
)

func TestKernelByNameOrSection(t *testing.T) {
	for text, want := range map[string]Kernel{
		"kernel: avx2\n": "avx2", "kernel: avx512-direct\n": "avx512-direct", "kernel: {winograd: false}\n": "direct", "kernel:\n  winograd: true\n": "",
		"kernel: {set: avx2, winograd: false}\n": "avx2-direct", "kernel: {set: avx512}\n": "avx512", "kernel: {set: go, winograd: false}\n": "go",
	} {
		c, err := Load(write(t, text))
		if err != nil || c.Kernel != want {
			t.Errorf("%q: %q, %v; want %q", text, c.Kernel, err, want)
			continue
		}
		c = resolved(t, c)
		if err := c.Validate(); err != nil || saved(t, c).Kernel != want {
			t.Errorf("%q: %v, and %q of what was saved; want %q", text, err, saved(t, c).Kernel, want)
		}
	}
	for text, want := range map[string]string{
		"kernel: {winograd: maybe}\n": "[1:20]", "kernel: {winogard: false}\n": `"winogard"`, "kernel: [avx2]\n": "[1:9]", "kernel: {set: avx2-direct, winograd: false}\n": "want an instruction set",
	} {
		if _, err := Load(write(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want an error with %s", text, err, want)
		}
	}
}
