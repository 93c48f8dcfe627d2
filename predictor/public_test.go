package predictor

import (
	"compress/gzip"
	"encoding/csv"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// public is a table of networks measured by others; see testdata/README.md.
type public struct {
	archs  []space.Arch
	column map[string][]float64
}

func loadPublic(t testing.TB, name string) public {
	t.Helper()
	f, err := os.Open("testdata/" + name + ".csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	p := public{column: make(map[string][]float64)}
	for _, row := range rows[1:] {
		genes := []uint8(row[0])
		for i := range genes {
			genes[i] -= '0'
		}
		p.archs = append(p.archs, space.NewArch(genes))
		for k, text := range row[1:] {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			head := rows[0][k+1]
			p.column[head] = append(p.column[head], v)
		}
	}
	return p
}

// draw splits the rows at random: n to learn from, test to evaluate on. Test rows
// are the same for every n.
func (p public) draw(n, test int, seed uint64) (train, held []int) {
	order := rand.New(rand.NewPCG(seed, 99)).Perm(len(p.archs))
	return order[test : test+n], order[:test]
}

// oneHot encodes genes of the given number of choices.
func oneHot(choices int) Features {
	return func(a space.Arch) []float64 {
		x := make([]float64, a.Len()*choices)
		for i := range a.Len() {
			x[i*choices+a.Gene(i)] = 1
		}
		return x
	}
}

// nb201FLOPs is the multiply-adds of a NAS-Bench-201 network (16 channels, 5
// cells in a stage): stem, reductions and classifier, then one term per
// convolution of the cell.
func nb201FLOPs(a space.Arch) float64 {
	n := 7.78e6
	for _, g := range a.Genes() {
		switch g {
		case 2:
			n += 3.93e6
		case 3:
			n += 35.39e6
		}
	}
	return n
}

func nb201Inputs() Inputs {
	return Inputs{Features: oneHot(5), FLOPs: nb201FLOPs, Params: nb201FLOPs}
}

func mustNew(t testing.TB, name string, in Inputs, o Options) Predictor {
	p, err := New(name, in, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
