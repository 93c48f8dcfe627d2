package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// maxDepth bounds how deep the values of a document may be nested. The parser calls itself
// for each level.
const maxDepth = 32

// maxBlank bounds the blank lines of a document: in texts over several lines the lexer looks at all
// that went before, for each.
const maxBlank = 1000

// checkLines refuses what the lexer would take much longer for than the length of a document says.
func checkLines(path, text string) error {
	blank, number := 0, 0
	for line := range strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)) {
		number++
		if strings.TrimSpace(line) == "" {
			blank++
		}
		if blank > maxBlank {
			return fmt.Errorf("config: %s: [%d:1] more than %d blank lines", path, number, maxBlank)
		}
	}
	return nil
}

// checkTokens refuses what makes a short document cost more than its length: deep nesting,
// aliases, which stand for whole values, and tags and directives, over which the parser takes long.
// It looks at words only, without building anything.
func checkTokens(path, text string) error {
	flow, pairs := 0, 0 // brackets that are open; keys within them since the last bracket or comma
	var columns []int   // of the keys and dashes that are open, outside brackets
	for _, t := range lexer.Tokenize(text) {
		fail := func(problem string) error {
			return fmt.Errorf("config: %s: [%d:%d] %s", path, t.Position.Line, t.Position.Column, problem)
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			return fail("an anchor or alias; want the value itself")
		case token.TagType, token.DirectiveType:
			return fail("a tag or directive; want the value itself")
		case token.SequenceStartType, token.MappingStartType:
			flow, pairs = flow+1, 0
		case token.SequenceEndType, token.MappingEndType:
			flow, pairs = max(0, flow-1), 0
		case token.CollectEntryType:
			pairs = 0
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			if flow > 0 {
				pairs++
				break
			}
			at := t.Position.Column
			if t.Type == token.MappingValueType && t.Prev != nil {
				at = t.Prev.Position.Column
			}
			for len(columns) > 0 && columns[len(columns)-1] >= at {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, at)
		}
		if flow+pairs > maxDepth || len(columns) > maxDepth {
			return fail(fmt.Sprintf("values are nested deeper than %d levels", maxDepth))
		}
	}
	return nil
}
