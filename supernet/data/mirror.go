package data

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Written reports whether the classes are digits, numbers of two digits, or letters, by
// their names: mirrored ones are others, or none. Names may have a word before that, the same in
// all (digit_3), and digits may be words. Classes of IDX files without names are numbered.
func (s *Set) Written() bool {
	if len(s.Classes) == 0 {
		return false
	}
	word := worded.FindString(s.Classes[0])
	for _, name := range s.Classes {
		bare, same := strings.CutPrefix(name, word)
		if !sign(name) && !(same && sign(bare)) && !slices.Contains(digitWords, strings.ToLower(name)) {
			return false
		}
	}
	return true
}

// worded is the word before the digit or letter in the name of a class.
var worded = regexp.MustCompile(`^\pL+([ _-]+|\b)|^\pL{2,}`)

var digitWords = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}

// sign reports whether a name is a letter, or one or two digits.
func sign(name string) bool {
	n := utf8.RuneCountInString(name)
	return n == 1 && unicode.IsLetter([]rune(name)[0]) || n >= 1 && n <= 2 && !strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsDigit(c) })
}

// handed are words, in lower case, of which mirroring makes the other.
var handed = [][2]string{{"left", "right"}, {"anticlockwise", "clockwise"}, {"counterclockwise", "clockwise"}, {"counter-clockwise", "clockwise"}, {"counter_clockwise", "clockwise"}}

// Handed returns two classes whose names differ by left and right, or by the way something turns:
// mirrored pictures of one show the other. It returns "" if there are none.
func (s *Set) Handed() (one, other string) {
	by := make(map[string]string, len(s.Classes))
	for _, name := range s.Classes {
		by[strings.ToLower(name)] = name
	}
	for _, name := range s.Classes {
		for _, pair := range handed {
			lower := strings.ToLower(name)
			if other := by[strings.Replace(lower, pair[0], pair[1], 1)]; strings.Contains(lower, pair[0]) && other != "" {
				return name, other
			}
		}
	}
	return "", ""
}
