package search

import (
	"math"
	"time"

	"github.com/espalier-nas/espalier/search/config"
)

// The least that a search can do: what is configured is not cut below this.
const (
	leastImages  = 200
	leastSamples = 24
	leastRounds  = 1
	leastPicks   = 6
	leastTop     = 8
)

// compared returns on how many validation images, of so many, candidates are compared.
func compared(c config.Config, all int) int {
	if n := c.Evaluate.Images; n > 0 {
		return min(n, all)
	}
	return all
}

// toEvaluate is how many architectures a search evaluates on the supernet to find its
// candidates, and the random arm beside it too.
func toEvaluate(c config.Config) int {
	if c.Search.Score == config.ScoreSupernet {
		return c.Search.Trials
	}
	return c.Predictor.Samples + c.Search.Rounds*c.Search.Picks
}

// evaluationTime returns how long evaluating takes, as configured in c, that needs so long for an image.
func (r *Run) evaluationTime(c config.Config, image time.Duration) time.Duration {
	val := r.splits.Val.Len()
	images := float64(toEvaluate(c)*(c.Evaluate.Calibration+compared(c, val)) + c.Search.Top*(c.Evaluate.Calibration+val))
	if c.Search.Random {
		images *= 2
	}
	return time.Duration(images * float64(image))
}

// cutSamples reduces the subnets that the predictor learns from, so that its fits take a part of the time.
func cutSamples(c *config.Config, part float64) {
	by := math.Pow(part, 1/fitPower)
	cut(&c.Predictor.Samples, by, leastSamples)
	c.Predictor.Folds = min(c.Predictor.Folds, c.Predictor.Samples/2)
	cut(&c.Search.Picks, by, leastPicks)
}

// cut reduces a number to a part, but not below the least.
func cut(n *int, part float64, least int) { *n = min(*n, max(least, int(part*float64(*n)))) }

// cutEvaluation reduces images, of so many in the validation split, and subnets, about alike, to a part of the work.
func cutEvaluation(c *config.Config, all int, part float64) {
	root := math.Sqrt(part)
	images := compared(*c, all)
	cut(&images, root, leastImages)
	c.Evaluate.Images = images
	cut(&c.Evaluate.Calibration, root, leastImages)
	cut(&c.Predictor.Samples, root, leastSamples)
	c.Predictor.Folds = min(c.Predictor.Folds, c.Predictor.Samples/2)
	if c.Search.Score == config.ScoreSupernet {
		cut(&c.Search.Trials, root, max(leastSamples, c.Search.Sweep*c.Search.AllRounds()))
		return
	}
	cut(&c.Search.Rounds, math.Sqrt(root), leastRounds)
	cut(&c.Search.Picks, math.Sqrt(root), leastPicks)
	cut(&c.Search.Top, root, leastTop)
}
