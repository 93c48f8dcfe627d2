package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write puts text into a file and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func resolved(t *testing.T, c Config) Config {
	t.Helper()
	if err := c.Space.Resolve(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaultIsValidInEveryPreset(t *testing.T) {
	for _, preset := range []string{"", "chain", "basic"} {
		c := Default()
		c.Space.Preset = preset
		c = resolved(t, c)
		if err := c.Validate(); err != nil {
			t.Errorf("preset %q: %v", preset, err)
		}
	}
}

// A search that has no trial to make ends a run that has trained its supernet: the round that
// follows the first rung of finishing counts, where there is one.
func TestEverySearchHasATrial(t *testing.T) {
	for _, c := range []struct {
		score             string
		top, rounds, want int
	}{{ScorePredictor, 16, 4, 5}, {ScorePredictor, 8, 1, 2}, {ScorePredictor, 7, 4, 4}, {ScoreSupernet, 16, 4, 4}} {
		d := resolved(t, Default())
		d.Search.Score, d.Search.Top, d.Search.Rounds, d.Search.Sweep = c.score, c.top, c.rounds, 3
		d.Search.Trials = 3 * c.want
		if err := d.Validate(); err != nil {
			t.Errorf("%+v: a trial for each search is refused: %v", c, err)
		}
		d.Search.Trials--
		if err := d.Validate(); err == nil || !strings.Contains(err.Error(), "search.sweep") {
			t.Errorf("%+v: a search without a trial: %v; want an error that names search.sweep", c, err)
		}
	}
}
