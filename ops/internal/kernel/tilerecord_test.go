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
	return &Set{Name: s.Name, tiles: &t}, rec
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

// widest is a width of maps beyond which the cut of a row into tiles shows
// nothing new.
const widest = 200

// idle returns the tiles of s that the rules give to no shape: the generator emits
// lists without gaps, and cuts are even.
func idle(t *tiles) map[string]bool {
	given, all := map[string]bool{}, map[string]bool{}
	list := func(name string, l []tileFunc) {
		for i := 1; i < len(l); i++ {
			all[fmt.Sprintf("%s[%d]", name, i)] = true
		}
	}
	cut := func(name string, n, most int) {
		for i, p := 0, parts(n, most); i < p; i++ {
			given[fmt.Sprintf("%s[%d]", name, (i+1)*n/p-i*n/p)] = true
		}
	}
	list("taps", t.taps)
	for k := range 16 {
		cut("taps", k*k, most(t.taps))
		for b, l := range t.pick {
			name := fmt.Sprintf("pick[%d]", b)
			list(name, l)
			for in := 1; len(l) > 0 && k > 1 && in <= pickChannels; in++ {
				cut(name, k*k*in, most(l))
			}
		}
	}
	for field, kinds := range map[string]map[int]depthRows{"along": t.along, "down": t.down, "up": t.up} {
		for k, d := range kinds {
			list(fmt.Sprintf("%s[%d].rows", field, k), d.rows)
			for i, l := range d.grads {
				list(fmt.Sprintf("%s[%d].grads[%d]", field, k, i), l)
			}
			for w := 1; w <= widest; w++ {
				t.giveRow(given, field, k, w)
			}
		}
	}
	for name := range given {
		delete(all, name)
	}
	if t.wino3.taps < 0 && t.wino5.taps < 0 {
		all["winoInput"] = true
	}
	return all
}

// giveRow marks the tiles of one kind that a map of width w is given for k x k
// taps.
func (t *tiles) giveRow(given map[string]bool, field string, k, w int) {
	c := Conv{N: 1, H: k, W: w, InC: 1, OutC: 1, K: k, S: 2, Pad: k / 2, Dil: 1, G: 1, WK: k, WInC: 1, WC: 1}
	if field == "along" {
		c.S = 1
	}
	r := c.forward(nil)
	p, g := t.byRows(&r), t.gradByRows(&r)
	if field == "up" {
		p, g = t.upByRows(c), rowGradPlan{}
	}
	if p.k == k {
		size, _, rest := split(p.steps, most(p.list))
		for n := size - min(rest, 1); n <= size; n++ {
			given[fmt.Sprintf("%s[%d].rows[%d]", field, k, n)] = true
		}
	}
	for i, l := range map[string]map[int]depthRows{"along": t.along, "down": t.down}[field][k].grads {
		if g.k == k && &l[0] == &g.list[0] {
			for first := 0; first < k; first += most(l) {
				given[fmt.Sprintf("%s[%d].grads[%d][%d]", field, k, i, min(most(l), k-first))] = true
			}
		}
	}
}
