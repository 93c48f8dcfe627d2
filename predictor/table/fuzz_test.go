package table

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
)

// FuzzRead feeds tables. What is accepted has a number in each column of each row; what is not names the
// file. Neither costs more than a multiple of the length, of the text if it is packed.
func FuzzRead(f *testing.F) {
	f.Add([]byte("idx,ops,c10_test\n0,00000,91.5\n1,01234,90\n"))
	f.Add([]byte("# made by hand\nops,phone,tablet\n0a,1e-3,2\n0a,3,4\n"))
	f.Add([]byte("genes,arch,accuracy\n1-2-3,x,0.5\n"))
	f.Add([]byte("\xef\xbb\xbfidx,a b,\"c\nd\"\n7,1,-Inf\n"))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		packed := len(b) > 1 && b[0] == 0x1f && b[1] == 0x8b
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m, err := read("f.csv", bytes.NewReader(b), nil)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; !packed && got > uint64(4096*len(b)+1<<20) {
			t.Errorf("%d bytes allocated for a table of %d", got, len(b))
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f.csv") {
				t.Errorf("%v; want the file named", err)
			}
			return
		}
		if m.Rows() == 0 || m.Archs != nil && len(m.Archs) != m.Rows() || len(m.Values) != len(m.Names) {
			t.Fatalf("%d rows, %d architectures, %d columns of %d names", m.Rows(), len(m.Archs), len(m.Values), len(m.Names))
		}
		for k, v := range m.Values {
			if len(v) != m.Rows() {
				t.Errorf("column %q has %d numbers; want %d", m.Names[k], len(v), m.Rows())
			}
		}
		if j, err := m.Join(m); err == nil && j.Rows() != m.Rows() {
			t.Errorf("joined with itself it has %d rows; want %d", j.Rows(), m.Rows())
		}
	})
}
