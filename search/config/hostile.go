package config

import (
	"fmt"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// maxDepth bounds how deep the values of a document may be nested. The parser calls itself
// for each level.
const maxDepth = 32

// checkTokens refuses what makes a short document cost more than its length: deep nesting,
// and aliases, which stand for whole values. It looks at words only, without building anything.
func checkTokens(path, text string) error {
	flow := 0
	var columns []int // of the keys and dashes that are open
	for _, t := range lexer.Tokenize(text) {
		fail := func(problem string) error {
			return fmt.Errorf("config: %s: [%d:%d] %s", path, t.Position.Line, t.Position.Column, problem)
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			return fail("an anchor or alias; want the value itself")
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			at := t.Position.Column
			if t.Type == token.MappingValueType && t.Prev != nil {
				at = t.Prev.Position.Column
			}
			for len(columns) > 0 && columns[len(columns)-1] >= at {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, at)
		}
		if flow > maxDepth || len(columns) > maxDepth {
			return fail(fmt.Sprintf("values are nested deeper than %d levels", maxDepth))
		}
	}
	return nil
}
