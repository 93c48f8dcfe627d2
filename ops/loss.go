package ops

import "math"

// CrossEntropy returns the mean over the batch of -sum(t*log(softmax(logits)))
// with t the one-hot label smoothed as (1-smoothing)*onehot + smoothing/C. While
// training it adds its gradient to that of the logits, N x 1 x 1 x C. It panics
// if the labels are not N or a label is not one of the C classes.
func CrossEntropy(e *Exec, logits *Tensor, labels []int32, smoothing float32) float64 {
	c := logits.H * logits.W * logits.C
	if len(labels) != logits.N {
		panic("ops: CrossEntropy: number of labels differs from the batch")
	}
	p := e.target(c)
	return e.crossEntropy(logits, func(i int) []float64 {
		smooth(p, labels[i], float64(smoothing))
		return p
	})
}

// smooth sets p to the smoothed one-hot label l.
func smooth(p []float64, l int32, smoothing float64) {
	if l < 0 || int(l) >= len(p) {
		panic("ops: CrossEntropy: label out of range")
	}
	off := smoothing / float64(len(p))
	for j := range p {
		p[j] = off
	}
	p[l] += 1 - smoothing
}

// MixedCrossEntropy is (1-weight)*CrossEntropy + weight*SoftCrossEntropy in one
// pass, for distillation from a teacher beside the labels (Hinton et al. 2015,
// at temperature 1). It panics as they do.
func MixedCrossEntropy(e *Exec, logits *Tensor, labels []int32, smoothing float32, teacher []float32, weight float64) float64 {
	c := logits.H * logits.W * logits.C
	if len(labels) != logits.N || len(teacher) != logits.N*c {
		panic("ops: MixedCrossEntropy: number of labels or of teacher's logits differs from the batch")
	}
	p := e.target(c)
	return e.crossEntropy(logits, func(i int) []float64 {
		smooth(p, labels[i], float64(smoothing))
		row := teacher[i*c:][:c]
		logSum := logSumExp(row)
		for j, v := range row {
			p[j] = (1-weight)*p[j] + weight*math.Exp(float64(v)-logSum)
		}
		return p
	})
}

// SoftCrossEntropy returns the mean over the batch of
// -sum(softmax(teacher)*log(softmax(logits))), with the teacher's logits in the
// order of logits.Data: distillation at temperature 1. The gradient is handled
// as by CrossEntropy; the teacher gets none. It panics if the lengths differ.
func SoftCrossEntropy(e *Exec, logits *Tensor, teacher []float32) float64 {
	c := logits.H * logits.W * logits.C
	if len(teacher) != logits.N*c {
		panic("ops: SoftCrossEntropy: teacher's logits differ in length")
	}
	p := e.target(c)
	return e.crossEntropy(logits, func(i int) []float64 {
		row := teacher[i*c:][:c]
		logSum := logSumExp(row)
		for j, v := range row {
			p[j] = math.Exp(float64(v) - logSum)
		}
		return p
	})
}

// target returns scratch for one image's target probabilities.
func (e *Exec) target(c int) []float64 { return e.channels(c).first }

// crossEntropy averages over the batch with target(i) as image i's
// distribution, which must sum to one.
func (e *Exec) crossEntropy(logits *Tensor, target func(i int) []float64) float64 {
	e.materialize()
	n, c := logits.N, logits.H*logits.W*logits.C
	var grad []float32
	if logits.tracked() {
		var add bool
		if grad, add = logits.grad(); !add {
			clear(grad)
		}
	}
	loss := 0.0
	for i := range n {
		row, t := logits.Data[i*c:][:c], target(i)
		logSum := logSumExp(row)
		for j, v := range row {
			logP := float64(v) - logSum
			loss -= t[j] * logP
			if grad != nil {
				grad[i*c+j] += float32((math.Exp(logP) - t[j]) / float64(n))
			}
		}
	}
	return loss / float64(n)
}

// AddLosses returns sum with -log(softmax(logits)) of each image's label added to it, image by
// image: however pictures come in batches, sums over all of them have the same bits. It
// tracks no gradient. It panics as CrossEntropy does.
func AddLosses(e *Exec, sum float64, logits *Tensor, labels []int32) float64 {
	e.materialize()
	c := logits.H * logits.W * logits.C
	if len(labels) != logits.N {
		panic("ops: AddLosses: number of labels differs from the batch")
	}
	for i, l := range labels {
		row := logits.Data[i*c:][:c]
		if l < 0 || int(l) >= c {
			panic("ops: AddLosses: label out of range")
		}
		sum += logSumExp(row) - float64(row[l])
	}
	return sum
}

func logSumExp(row []float32) float64 {
	top := math.Inf(-1)
	for _, v := range row {
		top = max(top, float64(v))
	}
	sum := 0.0
	for _, v := range row {
		sum += math.Exp(float64(v) - top)
	}
	return top + math.Log(sum)
}

// Correct returns how many images have their label as the largest logit; the
// first of equal ones counts. It panics if the labels are not N.
func Correct(logits *Tensor, labels []int32) int {
	c := logits.H * logits.W * logits.C
	if len(labels) != logits.N {
		panic("ops: Correct: number of labels differs from the batch")
	}
	correct := 0
	for i, l := range labels {
		row, best := logits.Data[i*c:][:c], 0
		for j, v := range row {
			if v > row[best] {
				best = j
			}
		}
		if best == int(l) {
			correct++
		}
	}
	return correct
}
