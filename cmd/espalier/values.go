package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"

	"github.com/alecthomas/kong"
)

// errEmpty is what is wrong with an empty value.
var errEmpty = errors.New("the value is empty; want one, or no such flag")

// values make kong read values as they are, and refuse empty ones, as of a variable that is not
// set: an empty text would count as if the flag had not been given, an empty path as the folder
// in which the command is called, and an empty list as nothing at all. Of a flag that is given
// twice the last value counts, also of paths, of which kong's own mappers keep the first.
func values() []kong.Option {
	r := kong.NewRegistry().RegisterDefaults()
	r.RegisterKind(reflect.String, kong.MapperFunc(rawText))
	list := filled(r.ForType(reflect.TypeFor[[]string]()))
	options := []kong.Option{kong.KindMapper(reflect.String, kong.MapperFunc(rawText)), kong.KindMapper(reflect.Slice, list)}
	for name, check := range map[string]func(path string) error{"path": anyPath, "existingfile": existingFile, "existingdir": existingFolder} {
		m := pathMapper(check, list)
		r.RegisterName(name, m) // lists of paths look it up there
		options = append(options, kong.NamedMapper(name, m))
	}
	return options
}

// pathMapper takes a path, made absolute, that check accepts; list takes several.
func pathMapper(check func(path string) error, list kong.Mapper) kong.Mapper {
	return kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		if target.Kind() == reflect.Slice {
			return list.Decode(ctx, target)
		}
		if err := rawText(ctx, target); err != nil {
			return err
		}
		path := kong.ExpandPath(target.String())
		target.SetString(path)
		return check(path)
	})
}

func anyPath(string) error { return nil }

func existingFile(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%q exists but is a directory", path)
	}
	return err
}

func existingFolder(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%q exists but is not a directory", path)
	}
	return err
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
