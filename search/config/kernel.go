package config

import (
	"fmt"
	"strings"
)

// Kernel names the kernels that compute, as ops.Config does: an instruction set, with or without
// Winograd's algorithm; empty: the best of the machine. In documents it is that name, or a section:
//
//	kernel: {set: avx2, winograd: false}   # avx2-direct
type Kernel string

// What names of kernels are made of.
const (
	directKernels = "direct" // without Winograd's algorithm
	plainKernels  = "go"     // never with it
)

// Kernels lists the names that a document may have, besides none.
func Kernels() []string {
	return []string{"avx512", "avx2", plainKernels, directKernels, "avx512-" + directKernels, "avx2-" + directKernels}
}

// UnmarshalYAML reads a name or a section.
func (k *Kernel) UnmarshalYAML(read func(any) error) error {
	var name string
	if read(&name) == nil {
		*k = Kernel(name)
		return nil
	}
	section := struct {
		Set      string `yaml:"set"`
		Winograd bool   `yaml:"winograd"`
	}{Winograd: true}
	if err := read(&section); err != nil {
		return err
	}
	switch {
	case strings.Contains(section.Set, directKernels):
		return fmt.Errorf("set is %q; want an instruction set", section.Set)
	case section.Winograd || section.Set == plainKernels:
		*k = Kernel(section.Set)
	case section.Set == "":
		*k = directKernels
	default:
		*k = Kernel(section.Set + "-" + directKernels)
	}
	return nil
}
