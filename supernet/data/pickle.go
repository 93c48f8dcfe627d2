package data

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The values that a pickle can hold here, beside nil, bool, int64, string (bytes or text), []any (a
// tuple) and pickledGlobal.
type (
	pickledList   struct{ items []any }
	pickledDict   map[string]any
	pickledGlobal string // module.name
	// pickledLatin are bytes that Python 3 writes as text, a letter for each. They are not turned
	// back before they are used: a pickle can hold them any number of times.
	pickledLatin string
	pickledType  struct{ name string } // of numbers, as NumPy has it
	pickledArray struct {
		shape   []any
		kind    string
		fortran bool
		bytes   any // string or pickledLatin
	}
)

// pickle reads what Python's pickle module writes in protocols 2 to 4, as far as data sets need it:
// numbers, text, lists, tuples, dictionaries and arrays of NumPy. It calls nothing that a
// file names, and its memory is bounded by the length of the file: every step takes a byte, text
// is shared with the file, and nothing is copied.
// https://github.com/python/cpython/blob/3.12/Lib/pickletools.py
type pickle struct {
	rest  string
	stack []any
	marks []int
	memo  map[uint32]any
}

// errPickle is the error of a pickle that ends within a value, or uses what is not there.
var errPickle = errors.New("no whole pickle")

// unpickle reads a pickle.
func unpickle(file string) (v any, err error) {
	p := &pickle{rest: file, memo: map[uint32]any{}}
	for {
		op, err := p.take(1)
		if err != nil {
			return nil, err
		}
		if op == "." {
			return p.pop()
		}
		if err := p.step(op[0]); err != nil {
			return nil, fmt.Errorf("byte %d: %w", len(file)-len(p.rest)-1, err)
		}
	}
}

// take returns the next n bytes.
func (p *pickle) take(n uint64) (string, error) {
	if n > uint64(len(p.rest)) {
		return "", errPickle
	}
	s := p.rest[:n]
	p.rest = p.rest[n:]
	return s, nil
}

// number reads a little-endian number of so many bytes.
func (p *pickle) number(bytes uint64) (n uint64, err error) {
	s, err := p.take(bytes)
	for i := range len(s) {
		n |= uint64(s[i]) << (8 * i)
	}
	return n, err
}

func (p *pickle) push(v any) { p.stack = append(p.stack, v) }

func (p *pickle) pop() (v any, err error) {
	if len(p.stack) == 0 || len(p.marks) > 0 && p.marks[len(p.marks)-1] == len(p.stack) {
		return nil, errPickle
	}
	v = p.stack[len(p.stack)-1]
	p.stack = p.stack[:len(p.stack)-1]
	return v, nil
}

// popMark returns what was pushed since the last mark.
func (p *pickle) popMark() ([]any, error) {
	if len(p.marks) == 0 {
		return nil, errPickle
	}
	at := p.marks[len(p.marks)-1]
	p.marks = p.marks[:len(p.marks)-1]
	items := append([]any(nil), p.stack[at:]...)
	p.stack = p.stack[:at]
	return items, nil
}

// lengths are the bytes of the length before text and bytes, by what begins them.
var lengths = map[byte]uint64{'U': 1, 'T': 4, 'X': 4, 0x8c: 1, 'C': 1, 'B': 4, 0x8e: 8, 0x8d: 8}

// step does what one byte says.
func (p *pickle) step(op byte) error {
	if n := lengths[op]; n > 0 {
		size, err := p.number(n)
		if err != nil {
			return err
		}
		s, err := p.take(size)
		p.push(s)
		return err
	}
	switch op {
	case 0x80: // PROTO
		_, err := p.take(1)
		return err
	case 0x95: // FRAME
		_, err := p.take(8)
		return err
	case '(':
		p.marks = append(p.marks, len(p.stack))
	case 'N':
		p.push(nil)
	case 0x88, 0x89:
		p.push(op == 0x88)
	case '}':
		p.push(pickledDict{})
	case ']':
		p.push(&pickledList{})
	case ')':
		p.push([]any{})
	case 'K', 'M', 'J', 0x8a:
		return p.pushNumber(op)
	case 'q', 'r', 0x94, 'h', 'j':
		return p.remember(op)
	case 't', 0x85, 0x86, 0x87:
		return p.pushTuple(op)
	case 'a', 'e', 's', 'u':
		return p.fill(op)
	case 'c', 0x93:
		return p.pushGlobal(op)
	case 'R':
		return p.call()
	case 'b':
		return p.build()
	default:
		return fmt.Errorf("%#x, expected a pickle of protocol 2 to 4 with numbers, text and arrays", op)
	}
	return nil
}

// pushNumber reads BININT1, BININT2, BININT or LONG1, of up to eight bytes.
func (p *pickle) pushNumber(op byte) error {
	size := map[byte]uint64{'K': 1, 'M': 2, 'J': 4}[op]
	if op == 0x8a {
		n, err := p.number(1)
		if err != nil || n > 8 {
			return errPickle
		}
		size = n
	}
	n, err := p.number(size)
	v := int64(n)
	if (op == 'J' || op == 0x8a) && size > 0 {
		v = v << (64 - 8*size) >> (64 - 8*size)
	}
	p.push(v)
	return err
}

// remember does BINPUT, LONG_BINPUT and MEMOIZE, and BINGET and LONG_BINGET, which give it back.
func (p *pickle) remember(op byte) error {
	at := uint64(len(p.memo))
	var err error
	switch op {
	case 'q', 'h':
		at, err = p.number(1)
	case 'r', 'j':
		at, err = p.number(4)
	}
	if err != nil {
		return err
	}
	if op == 'h' || op == 'j' {
		v, known := p.memo[uint32(at)]
		if p.push(v); !known {
			return errPickle
		}
		return nil
	}
	v, err := p.pop()
	p.push(v)
	p.memo[uint32(at)] = v
	return err
}

func (p *pickle) pushTuple(op byte) error {
	if op == 't' {
		items, err := p.popMark()
		p.push(items)
		return err
	}
	items := make([]any, op-0x84)
	for i := len(items) - 1; i >= 0; i-- {
		var err error
		if items[i], err = p.pop(); err != nil {
			return err
		}
	}
	p.push(items)
	return nil
}

// fill does APPEND, APPENDS, SETITEM and SETITEMS.
func (p *pickle) fill(op byte) (err error) {
	var items []any
	if op == 'e' || op == 'u' {
		items, err = p.popMark()
	} else {
		items = make([]any, map[byte]int{'a': 1, 's': 2}[op])
		for i := len(items) - 1; i >= 0 && err == nil; i-- {
			items[i], err = p.pop()
		}
	}
	if err != nil || len(p.stack) == 0 {
		return errPickle
	}
	switch to := p.stack[len(p.stack)-1].(type) {
	case *pickledList:
		if op == 'a' || op == 'e' {
			to.items = append(to.items, items...)
			return nil
		}
	case pickledDict:
		if op == 'a' || op == 'e' || len(items)%2 != 0 {
			return errPickle
		}
		for i := 0; i < len(items); i += 2 {
			key, err := shortText(items[i])
			if err != nil {
				return err
			}
			to[key] = items[i+1]
		}
		return nil
	}
	return errPickle
}

// pushGlobal reads GLOBAL or STACK_GLOBAL, the name of a function.
func (p *pickle) pushGlobal(op byte) error {
	if op == 0x93 {
		name, err1 := p.pop()
		module, err2 := p.pop()
		a, err3 := shortText(module)
		b, err4 := shortText(name)
		p.push(pickledGlobal(a + "." + b))
		return errors.Join(err1, err2, err3, err4)
	}
	module, rest, ok1 := strings.Cut(p.rest, "\n")
	name, rest, ok2 := strings.Cut(rest, "\n")
	if !ok1 || !ok2 || len(module)+len(name) > mostKey {
		return errPickle
	}
	p.rest = rest
	p.push(pickledGlobal(module + "." + name))
	return nil
}

// call does REDUCE: the few functions that make arrays and bytes, by what they mean.
func (p *pickle) call() error {
	last, err1 := p.pop()
	f, err2 := p.pop()
	args, ok := last.([]any)
	if err1 != nil || err2 != nil || !ok {
		return errPickle
	}
	switch name, _ := f.(pickledGlobal); name {
	case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
		p.push(&pickledArray{})
		return nil
	case "numpy.dtype":
		if len(args) > 0 {
			kind, err := shortText(args[0])
			p.push(&pickledType{kind})
			return err
		}
	case "_codecs.encode":
		if s, ok := argument[string](args, 0); ok {
			p.push(pickledLatin(s))
			return nil
		}
	default:
		return fmt.Errorf("a call of %q, expected only arrays of NumPy", name)
	}
	return errPickle
}

// argument returns an element of a tuple that is of a type.
func argument[T any](tuple []any, at int) (v T, ok bool) {
	if at < len(tuple) {
		v, ok = tuple[at].(T)
	}
	return v, ok
}

// build does BUILD: it fills an array with version, shape, type, order and bytes.
func (p *pickle) build() error {
	last, err := p.pop()
	state, ok := last.([]any)
	if err != nil || !ok || len(p.stack) == 0 {
		return errPickle
	}
	switch to := p.stack[len(p.stack)-1].(type) {
	case *pickledType:
		return nil
	case *pickledArray:
		shape, ok1 := argument[[]any](state, 1)
		kind, ok2 := argument[*pickledType](state, 2)
		fortran, ok3 := argument[bool](state, 3)
		if !ok1 || !ok2 || !ok3 || len(state) != 5 {
			return errPickle
		}
		*to = pickledArray{shape, kind.name, fortran, state[4]}
		return nil
	}
	return errPickle
}

// mostKey bounds the names in a pickle, in bytes.
const mostKey = 256

// shortText returns text, or bytes that were written as text, of at most mostKey bytes.
func shortText(v any) (string, error) {
	s, ok := v.(string)
	if latin, is := v.(pickledLatin); is {
		s, ok = string(latin), true
	}
	if !ok || len(s) > mostKey {
		return "", fmt.Errorf("%.40T, expected a name", v)
	}
	return s, nil
}

// content returns bytes of an array, of which there must be so many.
func (a *pickledArray) content(n int) ([]byte, error) {
	switch b := a.bytes.(type) {
	case string:
		if len(b) == n {
			return []byte(b), nil
		}
	case pickledLatin:
		if utf8.RuneCountInString(string(b)) == n {
			out := make([]byte, 0, n)
			for _, c := range string(b) {
				if c > 0xff {
					return nil, errPickle
				}
				out = append(out, byte(c))
			}
			return out, nil
		}
	}
	return nil, fmt.Errorf("an array of other than the %d bytes of its shape", n)
}
