package kernel

import (
	"fmt"
	"reflect"
	"sync/atomic"
	"unsafe"
)

// tileRecord counts the calls of each tile of a set by its place in the table,
// such as "dense[2][7]".
type tileRecord map[string]*atomic.Int64

// recorded returns s with tiles that count their calls. Whatever the table holds
// is found by its type, so that a new list cannot be forgotten.
func recorded(s *Set) (*Set, tileRecord) {
	t, rec := *s.tiles, tileRecord{}
	rec.wrap(reflect.ValueOf(&t).Elem(), "")
	return &Set{Name: s.Name, tiles: &t, vec: s.vec}, rec
}

// wrap replaces the tiles in v, which is addressable, by counting ones. Lists
// and maps are replaced too: they may be shared with the set that v is a copy of.
func (rec tileRecord) wrap(v reflect.Value, name string) {
	v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem() // unexported fields are read-only otherwise
	switch v.Kind() {
	case reflect.Func:
		if f := v.Interface().(tileFunc); f != nil {
			n := new(atomic.Int64)
			rec[name] = n
			v.Set(reflect.ValueOf(tileFunc(func(a *byte) {
				n.Add(1)
				f(a)
			})))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i).Name
			if name != "" {
				field = name + "." + field
			}
			rec.wrap(v.Field(i), field)
		}
	case reflect.Slice:
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		v.Set(own)
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			rec.wrap(v.Index(i), fmt.Sprintf("%s[%d]", name, i))
		}
	case reflect.Map:
		own := reflect.MakeMap(v.Type())
		for _, k := range v.MapKeys() {
			item := reflect.New(v.Type().Elem()).Elem()
			item.Set(v.MapIndex(k))
			rec.wrap(item, fmt.Sprintf("%s[%v]", name, k))
			own.SetMapIndex(k, item)
		}
		v.Set(own)
	}
}
