package latency

import (
	"bytes"
	"encoding/csv"
	"path/filepath"
	"strings"

	"github.com/espalier-nas/espalier/internal/atomicfile"
)

// WriteCSV writes the random networks that were measured as a table that predictor latency reads: their
// text forms, and milliseconds per image on this device in a column that is called as the file is, without
// its ending. Tables of several devices are joined by their networks: of one space, seed and number of networks they
// have the same ones.
func (l *Model) WriteCSV(path string) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	name := filepath.Base(path)
	_ = w.Write([]string{columnArch, strings.TrimSuffix(name, filepath.Ext(name))}) // into memory
	for _, a := range l.random {
		_ = w.Write([]string{l.family.Space().Format(a), figure(1e3 * l.timed[a].Median / float64(l.batch))})
	}
	w.Flush()
	return atomicfile.WriteBytes(path, b.Bytes())
}
