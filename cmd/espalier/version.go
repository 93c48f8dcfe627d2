package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/supernet/data"
)

type versionCmd struct{}

// Run prints version, processor and kernels.
func (versionCmd) Run(s streams) error {
	notice := strings.TrimSpace(data.EmbeddedNotice())
	_, err := fmt.Fprintf(s.out, "espalier %s\n%s %s/%s\nprocessor %s, %d cores\nkernels %s\n\nEmbedded pictures: a cut of Fashion-MNIST\n\n%s\n",
		search.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, bench.Processor(), runtime.NumCPU(), strings.Join(ops.Kernels(), " "), notice)
	return err
}
