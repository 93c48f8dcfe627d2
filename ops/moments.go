package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// normMoments sums the first and second moments of a norm's input. Those of a chunk
// are about its first pixel, so that large means cost no digits.
type normMoments normNode

// beginMoments makes room for a centre and two sums of each chunk.
func (n *normNode) beginMoments(e *Exec) { n.sums.begin(e, 3) }

// Do sums one chunk.
func (n *normMoments) Do(i, _ int) {
	if n.sums.take(i) {
		x, p := n.sums.chunks.of(n.x.Data, i), n.period
		sums := n.sums.at(i)
		kernel.Repeat(sums[:p], x[:n.x.C])
		clear(sums[p:])
		n.v.Moments(x, sums[:p], sums[p:2*p], sums[2*p:])
	}
}

// ApplyEpilogue implements kernel.ChunkEpilogue.
func (n *normMoments) ApplyEpilogue(lo, hi, worker int) { n.sums.runWithin(n, lo, hi, worker) }

// moments computes the mean and the biased variance over all pixels.
func (n *normNode) moments(e *Exec, ch *channels) {
	n.sums.run(e, (*normMoments)(n))
	n.centre(e)
	p := n.period
	total := n.sums.total(n.v)
	fold(ch.first, total[p:2*p])
	fold(ch.second, total[2*p:])
	count := float64(n.x.Rows())
	for i := range ch.mean {
		d := ch.first[i] / count
		ch.mean[i] = float64(n.x.Data[i]) + d
		ch.vars[i] = max(0, ch.second[i]/count-d*d)
	}
}

// centre brings the moments of all chunks about the first pixel of all. Those of m
// values about k, s and q, become about k-d
//
//	s + m*d    and    q + d*(2*s + m*d)
//
// where each place of a period has an m of its own only in a chunk's last period.
func (n *normNode) centre(e *Exec) {
	p, c := n.period, n.x.C
	first, both := e.periodic(n.x.Data[:c]), e.mem.floats(p)
	for i := range n.sums.chunks.count() {
		size := len(n.sums.chunks.of(n.x.Data, i))
		sums := n.sums.at(i)
		d, s, q := sums[:p], sums[p:2*p], sums[2*p:]
		n.v.Axpy(-1, first, d)
		copy(both, s)
		n.v.Axpy(float32(size/p), d, s)
		rest := size % p
		n.v.Axpy(1, d[:rest], s[:rest])
		n.v.Add(both, s, both)
		n.v.Norm(NoAct, both, d, q, both)
		copy(q, both)
	}
}
