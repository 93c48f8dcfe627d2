package predictor

import "math"

// UpperBound returns the upper confidence bound mean + k std: the value that a
// search hopes for, the bolder the larger k. Source: Cox and John 1992;
// Srinivas et al., ICML 2010.
func UpperBound(mean, std, k float64) float64 { return mean + k*math.Max(std, 0) }
