package data

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// readLabels reads the labels of n pictures: numbers or text, N or N x 1, or a number for each
// class, N x K, of which one is 1 and the others are 0.
func readLabels(f array, n int) ([]string, error) {
	a, err := openNPY(f, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	columns := 1
	for _, d := range a.shape[min(1, len(a.shape)):] {
		columns = max(columns, d)
	}
	numeric := slices.Contains(widths[a.kind], a.width)
	text := (a.kind == 'U' || a.kind == 'S') && a.width > 0
	switch {
	case !numeric && !text || len(a.shape) == 0 || len(a.shape) > 2 || text && columns > 1 || columns > maxClasses || slices.Min(a.shape) == 0:
		return nil, fmt.Errorf("%s; expected numbers or text, N or N x 1, or N x classes with one 1 in each row", a.describe())
	case a.shape[0] != n:
		return nil, fmt.Errorf("shape %v; expected one label for each of %d pictures", a.shape, n)
	}
	var labels []string
	err = a.each(n, columns*a.width, func(i int, row []byte) error {
		label, err := a.label(row, columns)
		if err != nil {
			return fmt.Errorf("label of picture %d: %w", i, err)
		}
		labels = append(labels, label)
		return nil
	})
	return labels, err
}

// label returns the label in a row of so many columns.
func (a *npy) label(row []byte, columns int) (string, error) {
	switch {
	case a.kind == 'U':
		var text []rune
		for ; len(row) >= 4 && a.order.Uint32(row) != 0; row = row[4:] {
			text = append(text, rune(a.order.Uint32(row)))
		}
		return noBlank(className(string(text)))
	case a.kind == 'S':
		text, _, _ := bytes.Cut(row, []byte{0})
		return noBlank(className(string(text)))
	case columns > 1:
		return a.oneHot(row, columns)
	case a.kind == 'b':
		return []string{"False", "True"}[min(row[0], 1)], nil
	}
	v := a.number(row)
	if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return "", fmt.Errorf("%v; expected a whole number: numbers that are measured are not predicted", v)
	}
	return strconv.FormatInt(int64(v), 10), nil
}

func noBlank(label string) (string, error) {
	if label == "" {
		return "", fmt.Errorf("none; expected one for each picture")
	}
	return label, nil
}

// oneHot returns the number of the column that is 1.
func (a *npy) oneHot(row []byte, columns int) (string, error) {
	at, ones := 0, 0
	for k := range columns {
		switch v := a.number(row[k*a.width:]); v {
		case 0:
		case 1:
			at = k
			ones++
		default:
			return "", fmt.Errorf("%v in column %d; expected a 1 for its class and 0 for the others", v, k)
		}
	}
	if ones != 1 {
		return "", fmt.Errorf("%d of %d columns are 1; expected one: a picture has one class", ones, columns)
	}
	return strconv.Itoa(at), nil
}
