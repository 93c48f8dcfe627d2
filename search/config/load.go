package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/espalier-nas/espalier/supernet/space/families"
)

// maxFile bounds a configuration file, in bytes.
const maxFile = 64 << 10

// Load returns the defaults overlaid with the YAML file at path. A field that
// is unknown or has the wrong type is an error that shows line and column. The
// result has not been validated: flags may still change it.
func Load(path string) (Config, error) {
	c := Default()
	if err := decodeFile(path, &c); err != nil {
		return Config{}, err
	}
	return c, nil
}

// Save writes c as YAML that Load reads back to an equal document.
func (c Config) Save(write func([]byte) error) error {
	text, err := yaml.Marshal(c)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	return write(text)
}

// Ready resolves the space and validates the document.
func (c *Config) Ready() error {
	if err := c.Space.Resolve(); err != nil {
		return err
	}
	if err := c.Validate(); err != nil {
		return fmt.Errorf(invalid+"%w", err)
	}
	return nil
}

// LoadSpace returns the space called name, or the one that the YAML file of
// that name declares; either way it can be opened.
func LoadSpace(name string) (families.Space, error) {
	if slices.Contains(families.Presets(), name) {
		return families.Preset(name)
	}
	var s families.Space
	if err := decodeFile(name, &s); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return s, fmt.Errorf("space %q is neither a file nor one of %v", name, families.Presets())
		}
		return s, err
	}
	if err := s.Resolve(); err != nil {
		return s, fmt.Errorf("config: %s: %w", name, err)
	}
	return s, nil
}

func decodeFile(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	if len(text) > maxFile {
		return fmt.Errorf("config: %s has more than %d bytes; want a YAML document", path, maxFile)
	}
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
		return fmt.Errorf("config: %s is UTF-16; want it saved as UTF-8", path)
	}
	return decode(path, bytes.TrimPrefix(text, []byte("\ufeff")), into) // Windows puts a mark before UTF-8
}

// reading is how documents are decoded: unknown keys are errors, and durations of 0 need no unit.
var reading = []yaml.DecodeOption{yaml.Strict(), yaml.CustomUnmarshaler(func(d *time.Duration, text []byte) error {
	if *d = 0; string(bytes.TrimSpace(text)) == "0" {
		return nil
	}
	return yaml.Unmarshal(text, d)
})}

// decode overlays into with one strict YAML document. A key without a value is
// an error: it would set a whole section to zero.
func decode(path string, text []byte, into any) error {
	for _, check := range []func(path, text string) error{checkLines, checkTokens} {
		if err := check(path, string(text)); err != nil {
			return err
		}
	}
	f, err := parser.ParseBytes(text, 0)
	if err != nil {
		return fmt.Errorf("config: %s: %s", path, yaml.FormatError(err, false, true))
	}
	if len(f.Docs) > 1 {
		return fmt.Errorf("config: %s holds more than one document; want one", path)
	}
	if len(f.Docs) == 0 || f.Docs[0].Body == nil || f.Docs[0].Body.Type() == ast.NullType {
		return nil
	}
	if empty := ast.Filter(ast.NullType, f.Docs[0].Body); len(empty) > 0 {
		at := empty[0].GetToken().Position
		return fmt.Errorf("config: %s: [%d:%d] a key has no value; want one, or no key", path, at.Line, at.Column)
	}
	if err := misfits(path, f.Docs[0].Body, into); err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(text), reading...)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("config: %s: %s", path, yaml.FormatError(err, false, true))
	}
	return nil
}
