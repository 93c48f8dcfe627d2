package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/espalier-nas/espalier/supernet/space/families"
)

// misfits returns an error for each key and value of a document that does not fit what it is read into, in
// the order of the document, with line and column; nil if there is none. The decoder ends at the first.
func misfits(path string, body ast.Node, into any) error {
	var l lookout
	l.look(body, reflect.TypeOf(into).Elem(), "")
	switch len(l.found) {
	case 0:
		return nil
	case 1: // on one line
		return fmt.Errorf("config: %s: %w", path, l.found[0])
	}
	return fmt.Errorf("config: %s: %d faults\n%w", path, len(l.found), errors.Join(l.found...))
}

// lookout collects faults.
type lookout struct{ found []error }

func (l *lookout) fault(at *token.Token, format string, args ...any) {
	l.found = append(l.found, fmt.Errorf("[%d:%d] "+format, append([]any{at.Position.Line, at.Position.Column}, args...)...))
}

// look compares a value with a type; field is its name in the document, "" that of the whole.
func (l *lookout) look(n ast.Node, t reflect.Type, field string) {
	switch m := n.(type) {
	case ast.MapNode:
		if pairs := m.MapRange(); t == reflect.TypeFor[families.Space]() && pairs.Next() {
			kind := pairs.Key().GetToken().Value
			if d := families.Empty(kind); d != nil && !pairs.Next() {
				l.look(onlyValue(m), reflect.TypeOf(d).Elem(), within(field, kind))
				return
			}
		}
		switch {
		case decodesItself(t):
		case t.Kind() == reflect.Struct:
			l.lookInside(m, t, field)
			return
		case t.Kind() == reflect.Map:
			for pairs := m.MapRange(); pairs.Next(); {
				l.look(pairs.Value(), t.Elem(), within(field, pairs.Key().GetToken().Value))
			}
			return
		}
	case *ast.SequenceNode:
		if t.Kind() == reflect.Slice && !decodesItself(t) {
			for i, v := range m.Values {
				l.look(v, t.Elem(), fmt.Sprintf("%s[%d]", field, i))
			}
			return
		}
	}
	named := field
	if named == "" {
		named = "the document"
	}
	misfit := fmt.Sprintf("%s is %s; want %s", named, written(n), wanted(t))
	if f, ok := n.(*ast.FloatNode); ok && whole(t) && f.Value != math.Trunc(f.Value) { // the decoder would cut it off
		l.fault(n.GetToken(), "%s", misfit)
		return
	}
	err := yaml.NodeToValue(n, reflect.New(t).Interface(), reading...)
	if err == nil {
		return
	}
	at, problem := n.GetToken(), misfit
	var told yaml.Error
	if decodesItself(t) && t != reflect.TypeFor[time.Duration]() {
		problem = err.Error()
		if errors.As(err, &told) { // of what is inside
			at, problem = told.GetToken(), told.GetMessage()
		}
		if scalar, ok := n.(ast.ScalarNode); ok {
			at, problem = scalar.GetToken(), named+": "+problem
		}
	}
	l.fault(at, "%s", problem)
}

// lookInside compares the keys of a section with the fields of a struct.
func (l *lookout) lookInside(m ast.MapNode, t reflect.Type, section string) {
	fields := fieldsOf(t)
	for pairs := m.MapRange(); pairs.Next(); {
		key := pairs.Key().GetToken()
		f, known := fields[key.Value]
		if !known {
			l.fault(key, "unknown field %q; want one of %s", key.Value, strings.Join(sortedNames(fields), ", "))
			continue
		}
		l.look(pairs.Value(), f, within(section, key.Value))
	}
}

// within returns the name of a field of a section.
func within(section, field string) string {
	if section == "" {
		return field
	}
	return section + "." + field
}

// onlyValue returns the value of a section's first key.
func onlyValue(m ast.MapNode) ast.Node {
	pairs := m.MapRange()
	pairs.Next()
	return pairs.Value()
}

// whole tells whether values of a type are whole numbers.
func whole(t reflect.Type) bool {
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64 && !decodesItself(t)
}

// fieldsOf returns the types of a struct's fields by their names in documents.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := make(map[string]reflect.Type)
	for _, f := range reflect.VisibleFields(t) {
		if name, known := nameOf(f); known {
			fields[name] = f.Type
		}
	}
	return fields
}

// nameOf returns the name of a field in documents, if it is known there.
func nameOf(f reflect.StructField) (string, bool) {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if name == "" {
		name = strings.ToLower(f.Name)
	}
	return name, name != "-" && f.IsExported()
}

func sortedNames(fields map[string]reflect.Type) (names []string) {
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// decodesItself tells whether values of a type are read by code of its own.
func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return t == reflect.TypeFor[time.Duration]() || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) || p.Implements(reflect.TypeFor[yaml.InterfaceUnmarshaler]())
}

// written returns a value as it stands in the document, if it is short.
func written(n ast.Node) string {
	switch m := n.(type) {
	case ast.MapNode:
		return "a section"
	case *ast.SequenceNode:
		return "a list"
	default:
		text := []rune(m.GetToken().Value)
		if len(text) > 40 {
			text = append(text[:40], '…')
		}
		return fmt.Sprintf("%q", string(text))
	}
}

// wanted says what values of a type look like.
func wanted(t reflect.Type) string {
	if t == reflect.TypeFor[time.Duration]() {
		return "a duration such as 20m"
	}
	switch t.Kind() {
	case reflect.Uint, reflect.Uint64:
		return "a whole number of at least 0"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	case reflect.Slice:
		return "a list, each of it " + wanted(t.Elem())
	case reflect.Map:
		return "a section, each value in it " + wanted(t.Elem())
	default:
		return "a section of fields"
	}
}
