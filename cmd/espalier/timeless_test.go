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
var timely = []string{"seconds", "phases", "prefix", "sum", "workers", "last_rung"}

// timeless returns the content of a file of a run folder without what differs from run
// to run: times, and the order in which candidates that train side by side end.
func timeless(name string, text []byte) ([]byte, error) {
	switch name {
	case rundir.Log, rundir.ReportText, rundir.Checks:
		return nil, nil
	case rundir.ReportJSON, rundir.State:
		return withoutTimes(text)
	case rundir.Finish:
		var lines [][]byte
		for line := range bytes.Lines(text) {
			clean, err := withoutTimes(line)
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

func withoutTimes(text []byte) ([]byte, error) {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	return json.MarshalIndent(dropTimes(v), "", " ")
}

func dropTimes(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range timely {
			delete(v, key)
		}
		for key, in := range v {
			v[key] = dropTimes(in)
		}
	case []any:
		for i, in := range v {
			v[i] = dropTimes(in)
		}
	}
	return v
}

func hash(b []byte) uint64 { return xxh3.Hash(b) }
