package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ours is the name of our arm.
const ours = "espalier"

// sample is what one arm said in one round.
type sample struct {
	name    string // of the layer or network
	pass    pass
	threads int
	round   int
	arm     string
	times   // seconds per call
	note    string
}

var sampleHead = []string{"name", "pass", "threads", "round", "arm", "median_us", "best_us", "note"}

// sampleWriter writes samples as CSV, each at once.
type sampleWriter struct{ w *csv.Writer }

func newSampleWriter(w io.Writer) (sampleWriter, error) {
	s := sampleWriter{csv.NewWriter(w)}
	return s, s.line(sampleHead)
}

func (s sampleWriter) line(fields []string) error {
	if err := s.w.Write(fields); err != nil {
		return fmt.Errorf("samples: %w", err)
	}
	s.w.Flush()
	return s.w.Error()
}

func (s sampleWriter) write(v sample) error {
	return s.line([]string{
		v.name, string(v.pass), strconv.Itoa(v.threads), strconv.Itoa(v.round), v.arm,
		micros(v.median), micros(v.best), v.note,
	})
}

func micros(seconds float64) string { return strconv.FormatFloat(seconds*1e6, 'f', 3, 64) }

// readSamples reads what a sampleWriter wrote; file is its name in errors.
func readSamples(r io.Reader, file string) ([]sample, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(rows) == 0 || strings.Join(rows[0], ",") != strings.Join(sampleHead, ",") {
		return nil, fmt.Errorf("%s: the first line must be %s", file, strings.Join(sampleHead, ","))
	}
	var samples []sample
	for i, f := range rows[1:] {
		v := sample{name: f[0], pass: pass(f[1]), arm: f[4], note: f[7]}
		_, err := fmt.Sscan(strings.Join([]string{f[2], f[3], f[5], f[6]}, " "), &v.threads, &v.round, &v.median, &v.best)
		if err != nil || !(v.median > 0) {
			return nil, fmt.Errorf("%s: line %d: threads, round and times must be positive numbers", file, i+2)
		}
		v.median, v.best = v.median/1e6, v.best/1e6
		samples = append(samples, v)
	}
	return samples, nil
}
