package ops

import "math"

// Schedule tells the learning rate of each step.
type Schedule interface {
	// At returns the rate of a step, counted from 0.
	At(step int) float64
}

// Cosine rises linearly over the first Warmup steps, from Base/Warmup to Base,
// then follows half a cosine down to Min at step Total, where it stays.
type Cosine struct {
	Base, Min     float64
	Warmup, Total int // steps
}

// At implements Schedule.
func (c Cosine) At(step int) float64 {
	if step < c.Warmup {
		return c.Base * float64(step+1) / float64(c.Warmup)
	}
	return anneal(c.Base, c.Min, step-c.Warmup, c.Total-c.Warmup)
}

// Triangle is Cosine with a straight line down instead of half a cosine; with a long
// warm-up it is the schedule of Smith and Topin (2018).
type Triangle struct {
	Base, Min     float64
	Warmup, Total int // steps
}

// At implements Schedule.
func (c Triangle) At(step int) float64 {
	switch {
	case step < c.Warmup:
		return c.Base * float64(step+1) / float64(c.Warmup)
	case step >= c.Total:
		return c.Min
	}
	return c.Min + (c.Base-c.Min)*float64(c.Total-step)/float64(c.Total-c.Warmup)
}

// Restarts is Cycles half cosines from Base to Min one after the other, each twice as long as the one before to the nearest
// step (Loshchilov and Hutter 2017), behind Warmup steps of linear rise. Together they fill Total steps, however few: where
// one ends at Min the next begins at Base, and the last one ends as Cosine does.
type Restarts struct {
	Base, Min     float64
	Warmup, Total int // steps
	Cycles        int
}

// At implements Schedule.
func (c Restarts) At(step int) float64 {
	if step < c.Warmup {
		return c.Base * float64(step+1) / float64(c.Warmup)
	}
	step -= c.Warmup
	n, parts, begin := c.Total-c.Warmup, 1<<c.Cycles-1, 0
	for k := range c.Cycles {
		end := (n*(2<<k-1) + parts/2) / parts
		if step < end {
			return anneal(c.Base, c.Min, step-begin, end-begin)
		}
		begin = end
	}
	return c.Min
}

func anneal(base, low float64, step, total int) float64 {
	if step >= total {
		return low
	}
	return low + (base-low)*0.5*(1+math.Cos(math.Pi*float64(step)/float64(total)))
}
