package config

import (
	"fmt"
	"math"
	"reflect"
	"strings"
)

// finite adds a fault for each number of a document that is infinite or none, but those whose field has
// a fault already: most limits have one side only, which infinity is within.
func (f *faults) finite(document any) {
	told := make(map[string]bool)
	for _, err := range *f {
		field, _, _ := strings.Cut(err.Error(), " is ")
		told[strings.ReplaceAll(field, ": ", ".")] = true
	}
	var look func(v reflect.Value, field string)
	look = func(v reflect.Value, field string) {
		switch v.Kind() {
		case reflect.Float64:
			f.check(told[field] || !math.IsInf(v.Float(), 0) && !math.IsNaN(v.Float()), field, v.Float(), "a finite number")
		case reflect.Slice:
			for i := range v.Len() {
				look(v.Index(i), fmt.Sprintf("%s[%d]", field, i))
			}
		case reflect.Struct:
			for _, s := range reflect.VisibleFields(v.Type()) {
				if name, known := nameOf(s); known {
					look(v.FieldByIndex(s.Index), within(field, name))
				}
			}
		}
	}
	look(reflect.ValueOf(document), "")
}
