package ops

// Average moves the average of a parameter's values towards the values that it
// has now by a share from 0 to 1. average has p's layout.
func (p *Param) Average(average []float32, share float32) {
	data := p.Data[:len(average)]
	for i, a := range average {
		average[i] = a + float32(share*(data[i]-a)) // the conversion forbids fusing, which would round differently
	}
}
