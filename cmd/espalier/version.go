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
	_, err := fmt.Fprintf(s.out, "espalier %s\n%s %s/%s\nprocessor %s, %d cores\nkernels %s\n",
		run.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, bench.Processor(), runtime.NumCPU(), strings.Join(ops.Kernels(), " "))
	return err
}
