// Package families knows every kind of family by name, and reads declarations of search
// spaces from documents. It is the only package that imports a family; a new kind is one line
// here. Open returns a ready-made space for pictures of some size.
package families

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/cell"
	"github.com/espalier-nas/espalier/supernet/space/chain"
	"github.com/espalier-nas/espalier/supernet/space/nb201"
	"github.com/espalier-nas/espalier/supernet/space/stages"
)

// kinds lists the kinds of families; the first preset of the first is the default.
var kinds = []space.FamilyKind{
	chain.Kind,
	stages.Kind,
	cell.Kind,
	nb201.Kind,
}

// Space declares a search space. As a document it has one key: preset, with the name of a
// ready-made space, or the name of a kind of family, with a declaration of that kind.
type Space struct {
	Preset      string // until Resolve
	Kind        string // which kind Declaration is of
	Declaration space.Declaration
}

const presetKey = "preset"

// Kinds lists the kinds of families.
func Kinds() []space.FamilyKind { return slices.Clone(kinds) }

// Presets lists the names of the ready-made spaces, the default first.
func Presets() []string {
	var names []string
	for _, k := range kinds {
		for _, p := range k.Presets {
			names = append(names, p.Name)
		}
	}
	return names
}

// kindNames lists the names of the kinds.
func kindNames() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	return names
}

// Preset returns the ready-made space of that name.
func Preset(name string) (Space, error) {
	for _, k := range kinds {
		for _, p := range k.Presets {
			if p.Name == name {
				return Space{Kind: k.Name, Declaration: p.Declare()}, nil
			}
		}
	}
	return Space{}, fmt.Errorf("space preset %q is unknown; want one of %v", name, Presets())
}

// Open returns the family of a ready-made space for these images.
func Open(preset string, in space.Input) (space.Family, error) {
	s, err := Preset(preset)
	if err != nil {
		return nil, err
	}
	return s.Open(in)
}

// Resolve replaces the preset, or nothing at all, by the space that it names, so that a
// saved document does not depend on what later versions call by that name or have as
// default.
func (s *Space) Resolve() error {
	if s.Declaration != nil {
		return nil
	}
	name := s.Preset
	if name == "" {
		name = Presets()[0]
	}
	named, err := Preset(name)
	if err != nil {
		return fmt.Errorf("space.preset: %w", err)
	}
	*s = named
	return nil
}

// Open returns the family of a resolved space for these images.
func (s Space) Open(in space.Input) (space.Family, error) {
	if s.Declaration == nil {
		return nil, errors.New("space: not resolved; want a declaration")
	}
	f, err := s.Declaration.Open(in)
	if err != nil {
		return nil, fmt.Errorf("space.%s: %w", s.Kind, err)
	}
	return f, nil
}

// Empty returns a declaration of a kind of family in which nothing is declared, nil if there is no such kind.
func Empty(kind string) space.Declaration {
	for _, k := range kinds {
		if k.Name == kind {
			return k.Empty()
		}
	}
	return nil
}

// MarshalYAML returns what stands for the space in a document.
func (s Space) MarshalYAML() (any, error) {
	switch {
	case s.Declaration != nil:
		return map[string]any{s.Kind: s.Declaration}, nil
	case s.Preset != "":
		return map[string]string{presetKey: s.Preset}, nil
	}
	return map[string]string{}, nil
}

// UnmarshalYAML reads what MarshalYAML returns.
func (s *Space) UnmarshalYAML(decode func(any) error) error {
	var keys map[string]any
	if err := decode(&keys); err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(keys))
	if len(names) != 1 {
		return fmt.Errorf("space has the keys %v; want one of them: %s, or a kind of family out of %v", names, presetKey, kindNames())
	}
	if names[0] == presetKey {
		var one map[string]string
		if err := decode(&one); err != nil {
			return err
		}
		if one[presetKey] == "" {
			return fmt.Errorf("space.%s is empty; want one of %v", presetKey, Presets())
		}
		*s = Space{Preset: one[presetKey]}
		return nil
	}
	if d := Empty(names[0]); d != nil {
		one := reflect.New(reflect.MapOf(reflect.TypeFor[string](), reflect.TypeOf(d)))
		if err := decode(one.Interface()); err != nil {
			return err
		}
		read, _ := one.Elem().MapIndex(reflect.ValueOf(names[0])).Interface().(space.Declaration)
		*s = Space{Kind: names[0], Declaration: read}
		return nil
	}
	return fmt.Errorf("space.%s is unknown; want %s or one of %v", names[0], presetKey, kindNames())
}
