package onnx

// zeroName is the constant that a Zero step multiplies by, that of ReLU6 too.
const zeroName = "const/0"

// resizing returns the m x n matrix by which a line of n pixels becomes one of m; see
// ops.Resize.
func resizing(n, m int) []float32 {
	matrix := make([]float32, m*n)
	for i := range m {
		at := max(0, min((float64(i)+0.5)*float64(n)/float64(m)-0.5, float64(n-1)))
		first := int(at)
		matrix[i*n+first] += float32(1 - (at - float64(first)))
		matrix[i*n+min(first+1, n-1)] += float32(at - float64(first))
	}
	return matrix
}

// transposed returns a rows x columns matrix with rows and columns exchanged.
func transposed(a []float32, rows, columns int) []float32 {
	out := make([]float32, len(a))
	for r := range rows {
		for c := range columns {
			out[c*rows+r] = a[r*columns+c]
		}
	}
	return out
}
