package config

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// invalid begins what Ready says of a document that does not pass Validate.
const invalid = "configuration:\n"

// Located returns an error of Ready with line and column put before each fault whose value stands in the
// file at path, which Load has read. What flags or defaults have set has no place there. Other errors
// come back as they are.
func Located(err error, path string) error {
	if err == nil || path == "" || !strings.HasPrefix(err.Error(), invalid) {
		return err
	}
	text, missing := os.ReadFile(path)
	if missing != nil || len(text) > maxFile {
		return err
	}
	f, unread := parser.ParseBytes(bytes.TrimPrefix(text, []byte("\ufeff")), 0)
	if unread != nil || len(f.Docs) == 0 || f.Docs[0].Body == nil {
		return err
	}
	at := make(places)
	at.add(f.Docs[0].Body, "")
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		if p, ok := at.of(line); ok {
			lines[i] = fmt.Sprintf("[%d:%d] %s", p.line, p.column, line)
		}
	}
	lines[0] = fmt.Sprintf("configuration %s:", path)
	return errors.New(strings.Join(lines, "\n"))
}

// places are where the values of a document stand, by their fields.
type places map[string]place

// place is where a value stands, and its text; of a list, where that begins.
type place struct {
	line, column int
	text         string
	list         bool
}

func (p places) add(n ast.Node, field string) {
	at := n.GetToken()
	switch m := n.(type) {
	case ast.MapNode:
		for pairs := m.MapRange(); pairs.Next(); {
			p.add(pairs.Value(), within(field, pairs.Key().GetToken().Value))
		}
		return
	case *ast.SequenceNode:
		for i, v := range m.Values {
			p.add(v, fmt.Sprintf("%s[%d]", field, i))
		}
		p[field] = place{at.Position.Line, at.Position.Column, "", true}
		return
	}
	p[field] = place{at.Position.Line, at.Position.Column, at.Value, false}
}

// faultLine is a fault as Validate tells it: a field, or a section and a field of it, and what it is.
var faultLine = regexp.MustCompile(`^([a-z0-9_.\[\]]+)(?: is |: ([a-z0-9_.\[\]]+): )(.*?)(?:;|$)`)

// of returns where the value of a fault stands, if it does.
func (p places) of(line string) (w place, ok bool) {
	m := faultLine.FindStringSubmatch(line)
	if m == nil {
		return w, false
	}
	field, value := m[1], m[3]
	if m[2] != "" {
		field = within(field, m[2])
	}
	w, ok = p[field]
	if !ok || !w.list {
		return w, ok && sameValue(w.text, value)
	}
	for i := 0; ; i++ { // the item that is told, if it is
		item, more := p[fmt.Sprintf("%s[%d]", field, i)]
		if !more {
			return w, true
		}
		if value == item.text || strings.Contains(value, strconv.Quote(item.text)) {
			return item, true
		}
	}
}

// endless makes what documents call infinite and no number into Go's words.
var endless = strings.NewReplacer(".inf", "inf", ".Inf", "inf", ".INF", "inf", ".nan", "nan", ".NaN", "nan", ".NAN", "nan")

// sameValue tells whether a value in a document is the one that a fault tells, as it is, as a number or a
// duration of another form, or quoted in a sentence.
func sameValue(text, told string) bool {
	if bare, err := strconv.Unquote(told); err == nil {
		told = bare
	}
	var c Count
	if c.UnmarshalText([]byte(text)) == nil && strconv.FormatInt(int64(c), 10) == told {
		return true
	}
	a, errA := strconv.ParseFloat(endless.Replace(text), 64)
	b, errB := strconv.ParseFloat(told, 64)
	d, errD := time.ParseDuration(text)
	e, errE := time.ParseDuration(told)
	return text == told || errA == nil && errB == nil && (a == b || math.IsNaN(a) && math.IsNaN(b)) || errD == nil && errE == nil && d == e || slices.Contains(strings.Fields(told), strconv.Quote(text))
}
