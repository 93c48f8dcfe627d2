package predictor

// machine is a factorisation machine with signed factors,
//
//	f(x) = B + sum_i W[i] x[i] + sum_{i<j} sum_f sign(f) V[i][f] V[j][f] x[i] x[j]
//
// with sign(f) = +1 for even f and -1 for odd f, so that interactions of either
// sign need one factor only (plain factors cannot express a negative square).
// The first sum runs over all columns, the second over those that interact.
// Weights are kept in single precision: a draw's own spread is far wider.
// Source: Rendle, ICDM 2010; the signs are ours.
type machine struct {
	B     float64   `json:"b"`
	W     []float32 `json:"w"`     // by column
	V     []float32 `json:"v"`     // by interacting column, then factor: inter x rank
	Alpha float64   `json:"alpha"` // precision of a measurement around f
}

// sign returns the sign of factor f.
func sign(f int) float64 { return float64(1 - 2*(f&1)) }

// rank returns the number of factors, given the number of interacting columns.
func (m *machine) rank(inter int) int { return len(m.V) / max(inter, 1) }

// value returns f(x) of a sparse row. sum and sq are scratch of at least rank
// numbers.
//
// The pairs are summed in O(nonzeros x rank) by
// sum_{i<j} v_i v_j x_i x_j = ((sum_i v_i x_i)^2 - sum_i (v_i x_i)^2) / 2.
func (m *machine) value(row []entry, inter int, sum, sq []float64) float64 {
	y, rank := m.B, m.rank(inter)
	sum, sq = sum[:rank], sq[:rank]
	clear(sum)
	clear(sq)
	for _, e := range row {
		y += float64(m.W[e.at]) * e.x
		if e.at >= inter {
			continue
		}
		for f, v := range m.V[e.at*rank:][:rank] {
			t := float64(v) * e.x
			sum[f] += t
			sq[f] += t * t
		}
	}
	for f, s := range sum {
		y += sign(f) * (s*s - sq[f]) / 2
	}
	return y
}
