//go:build kill && unix

package main

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/espalier-nas/espalier/search/rundir"
)

// timely are the fields that tell how long something took, on how many processors, or how
// much the last process had to compute, or that follow from it.
var timely = []string{"seconds", "phases", "prefix", "sum", "workers"}

// timeless returns the content of a file of a run folder without what differs from run
// to run: times, the order in which candidates that train side by side end, and further fields.
func timeless(name string, text []byte, further ...string) ([]byte, error) {
	switch name {
	case rundir.Log, rundir.ReportText, rundir.Checks:
		return nil, nil
	case rundir.ReportJSON, rundir.State:
		return without(text, slices.Concat(timely, further))
	case rundir.Finish:
		var lines [][]byte
		for line := range bytes.Lines(text) {
			clean, err := without(line, slices.Concat(timely, further))
			if err != nil {
				return nil, err
			}
			lines = append(lines, bytes.ReplaceAll(clean, []byte{'\n'}, nil))
		}
		slices.SortFunc(lines, bytes.Compare)
		return bytes.Join(lines, []byte{'\n'}), nil
	}
	return text, nil
}

func without(text []byte, fields []string) ([]byte, error) {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	return json.MarshalIndent(drop(v, fields), "", " ")
}

func drop(v any, fields []string) any {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range fields {
			delete(v, key)
		}
		for key, in := range v {
			v[key] = drop(in, fields)
		}
	case []any:
		for i, in := range v {
			v[i] = drop(in, fields)
		}
	}
	return v
}

func hash(b []byte) uint64 { return xxh3.Hash(b) }
