package search

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/truth"
	"github.com/espalier-nas/espalier/supernet"
)

// The recipes of tables that are kept can still be followed: what came later is left out
// where it is not used.
func TestRecipesOfEarlierVersions(t *testing.T) {
	r := quiet(t)
	r.cfg = config.Default()
	r.cfg.Train.Optimizer, r.cfg.Train.Flip, r.cfg.Evaluate.Batch = supernet.OptimizerSGD, config.On, 128
	for file, plain := range map[string]config.Passes{"chain-alone.csv": 0, "fashion-five.csv": 8} {
		text, err := os.ReadFile(filepath.Join("..", "docs", "log", file))
		if err != nil {
			t.Fatal(err)
		}
		var head truth.Head
		if _, err := head.Read(string(text)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		r.cfg.Train.Plain = plain
		if got := r.recipe(head.Steps); got != head.Recipe {
			t.Errorf("%s: the recipe is %q; want %q", file, got, head.Recipe)
		}
	}
}
