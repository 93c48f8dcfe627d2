package onnx

import (
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is an encoded message and its place in the file, in bytes.
type message struct {
	b  []byte
	at int
}

// field is one field of a message: number is its value, unless it has bytes of
// its own.
type field struct {
	num    protowire.Number
	typ    protowire.Type
	number uint64
	body   message
}

// numbers is a set of field numbers up to 63.
type numbers uint64

func set(list ...protowire.Number) numbers {
	var s numbers
	for _, n := range list {
		s |= 1 << n
	}
	return s
}

func (s numbers) has(n protowire.Number) bool { return n < 64 && s>>n&1 == 1 }

// each calls f for the message's fields in turn. Fields that are not in
// repeated may come once. Errors name the byte in the file.
func (m message) each(repeated numbers, f func(field) error) error {
	var seen numbers
	for b := m.b; len(b) > 0; {
		at := m.at + len(m.b) - len(b)
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("byte %d: %w", at, protowire.ParseError(n))
		}
		b = b[n:]
		fd := field{num: num, typ: typ, body: message{at: at + n}}
		switch typ {
		case protowire.VarintType:
			fd.number, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			fd.number = uint64(v)
		case protowire.BytesType:
			fd.body.b, n = protowire.ConsumeBytes(b)
			fd.body.at += n - len(fd.body.b)
		default:
			return fmt.Errorf("byte %d: field %d has wire type %d; want 0, 2 or 5", at, num, typ)
		}
		if n < 0 {
			return fmt.Errorf("byte %d: field %d: %w", at, num, protowire.ParseError(n))
		}
		b = b[n:]
		if seen.has(num) && !repeated.has(num) {
			return fmt.Errorf("byte %d: field %d comes twice; want it once", at, num)
		}
		seen |= set(num)
		if err := f(fd); err != nil {
			return err
		}
	}
	return nil
}

// need returns an error unless the field has wire type t.
func (f field) need(t protowire.Type) error {
	if f.typ != t {
		return fmt.Errorf("byte %d: field %d has wire type %d; want %d", f.body.at, f.num, f.typ, t)
	}
	return nil
}

// integer reads a varint.
func (f field) integer() (int64, error) { return int64(f.number), f.need(protowire.VarintType) }

// integers appends the field to list: one number, or several packed ones.
func (f field) integers(list []int64, most int) ([]int64, error) {
	if f.typ == protowire.VarintType {
		list = append(list, int64(f.number))
	} else if err := f.need(protowire.BytesType); err != nil {
		return nil, err
	}
	for b := f.body.b; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, fmt.Errorf("byte %d: field %d: %w", f.body.at, f.num, protowire.ParseError(n))
		}
		list, b = append(list, int64(v)), b[n:]
		if len(list) > most {
			break
		}
	}
	if len(list) > most {
		return nil, fmt.Errorf("byte %d: field %d holds more than %d numbers", f.body.at, f.num, most)
	}
	return list, nil
}

// message reads an embedded message, or bytes.
func (f field) message() (message, error) { return f.body, f.need(protowire.BytesType) }

// name reads a text of at most maxName bytes.
func (f field) name() (string, error) {
	if len(f.body.b) > maxName {
		return "", fmt.Errorf("byte %d: field %d has %d bytes; want at most %d", f.body.at, f.num, len(f.body.b), maxName)
	}
	return f.text()
}

// text reads a text of any length.
func (f field) text() (string, error) {
	if err := f.need(protowire.BytesType); err != nil {
		return "", err
	}
	if !utf8.Valid(f.body.b) {
		return "", fmt.Errorf("byte %d: field %d is not valid UTF-8", f.body.at, f.num)
	}
	return string(f.body.b), nil
}

// unknown is the error for a field that models of ours do not have.
func (f field) unknown() error {
	return fmt.Errorf("byte %d: field %d is none of those that espalier writes", f.body.at, f.num)
}
