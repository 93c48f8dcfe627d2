package main

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/alecthomas/kong"
)

// errEmpty is what is wrong with an empty value.
var errEmpty = errors.New("the value is empty; want one, or no such flag")

// values make kong read values as they are, and refuse empty ones, as of a variable that is not
// set: an empty text would count as if the flag had not been given, an empty path as the folder
// in which the command is called, and an empty list as nothing at all.
func values() []kong.Option {
	r := kong.NewRegistry().RegisterDefaults()
	r.RegisterKind(reflect.String, kong.MapperFunc(rawText))
	options := []kong.Option{kong.KindMapper(reflect.String, kong.MapperFunc(rawText))}
	for _, name := range []string{"path", "existingfile", "existingdir"} {
		m := filled(r.ForNamedType(name, nil))
		r.RegisterName(name, m) // lists of paths look it up there
		options = append(options, kong.NamedMapper(name, m))
	}
	return append(options, kong.KindMapper(reflect.Slice, filled(r.ForType(reflect.TypeFor[[]string]()))))
}

// filled refuses an empty value and leaves others to m.
func filled(m kong.Mapper) kong.Mapper {
	return kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		if text, is := ctx.Scan.Peek().Value.(string); is && text == "" {
			return errEmpty
		}
		return m.Decode(ctx, target)
	})
}

// rawText takes a value as it is: names of files need not be UTF-8.
func rawText(ctx *kong.DecodeContext, target reflect.Value) error {
	token, err := ctx.Scan.PopValue("string")
	if err != nil {
		return err
	}
	text := fmt.Sprint(token.Value)
	if text == "" {
		return errEmpty
	}
	target.SetString(text)
	return nil
}
