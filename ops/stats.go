package ops

// Stats is the normalisation statistics of one batch norm in one network: a
// candidate's own, never part of the shared weights.
type Stats struct {
	Mean, Var []float32

	mean, vars []float64 // sums of calibration batches, weighted by their size
	weight     float64
}

// NewStats returns statistics of c channels: mean 0, variance 1.
func NewStats(c int) *Stats {
	s := &Stats{Mean: make([]float32, c), Var: make([]float32, c)}
	for i := range s.Var {
		s.Var[i] = 1
	}
	return s
}

// Reset forgets the batches that were accumulated by NormCalibrate.
func (s *Stats) Reset() {
	clear(s.mean)
	clear(s.vars)
	s.weight = 0
}

// Finish sets Mean and Var to the averages over the accumulated batches, each
// weighted by its size, and forgets those. Var is the mean of the batches'
// biased variances, as in Once-for-All's recalibration (Cai et al. 2020). It
// panics if nothing was accumulated.
func (s *Stats) Finish() {
	if s.weight == 0 {
		panic("ops: Stats.Finish: no batch was accumulated")
	}
	for i := range s.Mean {
		s.Mean[i] = float32(s.mean[i] / s.weight)
		s.Var[i] = float32(s.vars[i] / s.weight)
	}
	s.Reset()
}

// observe accumulates a batch of n images.
func (s *Stats) observe(mean, vars []float64, n int) {
	if s.mean == nil {
		s.mean, s.vars = make([]float64, len(s.Mean)), make([]float64, len(s.Var))
	}
	w := float64(n)
	for i := range mean {
		s.mean[i] += w * mean[i]
		s.vars[i] += w * vars[i]
	}
	s.weight += w
}

// blend moves the running statistics towards a batch of n values per channel,
// with the unbiased variance, as PyTorch does.
func (s *Stats) blend(mean, vars []float64, n int, momentum float64) {
	unbias := float64(n) / float64(max(1, n-1))
	for i := range mean {
		s.Mean[i] = float32((1-momentum)*float64(s.Mean[i]) + momentum*mean[i])
		s.Var[i] = float32((1-momentum)*float64(s.Var[i]) + momentum*unbias*vars[i])
	}
}
