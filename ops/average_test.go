package ops_test

import (
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

func TestAverage(t *testing.T) {
	p := ops.NewVector("v", 3)
	copy(p.Data, []float32{4, -2, 1})
	average := []float32{0, 2, 1}
	p.Average(average, 0.25)
	for i, want := range []float32{1, 1, 1} {
		if average[i] != want {
			t.Errorf("average %d is %v; want %v", i, average[i], want)
		}
	}
	if p.Average(average, 1); average[0] != 4 || p.Data[0] != 4 {
		t.Errorf("with share 1 the average is %v of %v; want the values themselves", average[0], p.Data[0])
	}
}
