package search_test

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"

	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/supernet"
)

// A whole search from Go: the embedded pictures, a ready-made space, a few steps instead of
// minutes. What it hands over is read from the run folder.
func Example() {
	folder, err := os.MkdirTemp("", "search-*")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	cfg := config.Default()
	cfg.Space.Preset = "basic"
	cfg.Budget, cfg.Train.Steps = 0, 20 // normally cfg.Budget = 20 * time.Minute, and no steps
	cfg.Evaluate = config.Evaluate{Calibration: 64, Batch: 32, Images: 100}
	cfg.Limits.FLOPs, cfg.Device.Samples, cfg.Predictor.Samples = 10e6, 10, 12
	cfg.Search.Trials, cfg.Search.Rounds, cfg.Search.Picks, cfg.Search.Sweep, cfg.Search.Top = 60, 2, 3, 2, 4
	cfg.Finish.Networks, cfg.Finish.Steps = 1, 40
	rep, err := search.Do(context.Background(), filepath.Join(folder, "run"), cfg, search.Monitor{})
	if err != nil {
		log.Fatal(err)
	}
	best := slices.MaxFunc(rep.Pareto, func(a, b report.Network) int { return cmp.Compare(a.Validation, b.Validation) })
	n, err := supernet.LoadNetwork(filepath.Join(folder, "run", best.File))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n.Label().Arch == best.Arch, n.Plan().Params() == best.Params, best.Measured.Median > 0, *best.Test > 0.1)
	// Output: true true true true
}
