package controller

// prospect is what processes of objectives say of candidates, with the front that these are
// to enlarge.
type prospect struct {
	aims      []*posterior // by objective
	front     [][]float64
	reference []float64
	stairs    *staircase
}

// prospect returns what is expected of candidates after these trials.
func (b *bayes) prospect(ranked []individual, codes [][]uint8) *prospect {
	p := new(prospect)
	var all [][]float64
	for _, x := range ranked {
		all = append(all, x.aims)
		if x.rank == 0 {
			p.front = append(p.front, x.aims)
		}
	}
	for _, g := range b.aims {
		p.aims = append(p.aims, g.predict(codes))
	}
	p.reference = beyond(p.front, all)
	p.stairs = newStaircase(p.front, p.reference)
	return p
}

// moments returns means and deviations of the objectives of candidate c.
func (p *prospect) moments(c int) (mean, deviation []float64) {
	for _, a := range p.aims {
		mean, deviation = append(mean, a.mean[c]), append(deviation, a.deviation(c))
	}
	return mean, deviation
}

// gain returns by how much candidate c is expected to enlarge the hypervolume.
func (p *prospect) gain(c int) float64 { return p.stairs.gain(p.moments(c)) }

// settle makes all processes, and the front, take for known that candidate at is as expected.
func (p *prospect) settle(at int) {
	mean, _ := p.moments(at)
	for _, a := range p.aims {
		a.settle(at)
	}
	p.front = append(p.front, mean)
	p.stairs = newStaircase(p.front, p.reference)
}
