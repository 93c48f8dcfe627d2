package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/cmd/espalier/internal/run"
	"github.com/espalier-nas/espalier/ops"
)

type versionCmd struct{}

// Run prints version, processor and kernels.
func (versionCmd) Run(s streams) error {
	var sets []string
	for _, name := range []string{"avx512", "avx2", "go"} {
		e, err := ops.NewExec(ops.Config{Kernel: name, Workers: 1})
		if err != nil {
			continue // the machine lacks it
		}
		e.Close()
		sets = append(sets, name)
	}
	_, err := fmt.Fprintf(s.out, "espalier %s\n%s %s/%s\nprocessor %s, %d cores\nkernels %s\n",
		run.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, bench.Processor(), runtime.NumCPU(), strings.Join(sets, " "))
	return err
}
