package search

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"

	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// need is how much memory a run takes at its peak, about, in bytes.
type need struct {
	pictures int64 // as read, and split
	weights  int64 // shared ones, with gradients, momentum and averages
	step     int64 // what a training step of the largest network keeps
	judging  int64 // what judging it keeps; that stays beside the step's
	lanes    int64 // what finishing keeps beside both, where several networks train at a time
}

const (
	// programBytes are taken by the program, its tables and what the collector leaves lying.
	programBytes = 64 << 20
	// stepShare is what a training step takes, as a multiple of the outputs of all layers and
	// their gradients: 1.2 (chain) to 2.8 (resnet) as measured, with what norms and kernels
	// keep and the rounding of buffers.
	stepShare = 2.2
	// readBytes are left to collect by the reading of pictures from their files.
	readBytes = 256 << 20
	// calibrators is how many evaluators hold pictures at a time.
	calibrators = 3
	// packedShare is what kernels keep of the weights in their own order beside them.
	packedShare = 0.5
)

func (n need) total() int64 {
	return programBytes + n.pictures + n.weights + n.step + n.judging + n.lanes
}

// lanesShare is what a lane of finishing takes, of what step and judging of the largest
// network take: candidates are smaller.
const lanesShare = 0.5

// memory computes what the run needs: for training alone, or for a whole search.
func (r *Run) memory(searching bool) need {
	var n need
	for _, s := range []*data.Set{r.source.Train, r.source.Val, r.source.Test, r.splits.Train, r.splits.Val, r.splits.Test} {
		if s != nil && !(s.Streamed() && s != r.source.Train) {
			n.pictures += s.Bytes()
		}
	}
	if t := r.splits.Train; t.Streamed() { // what evaluators calibrate on is in memory
		n.pictures += readBytes + calibrators*int64(min(r.cfg.Evaluate.Calibration, t.Len()))*int64(t.H*t.W*t.C)
	}
	copies := 3 + packedShare // weights, gradients, momentum
	if r.cfg.Train.Average > 0 {
		copies++
	}
	numbers := int64(0)
	for _, w := range r.family.Weights() {
		numbers += w.Numbers()
	}
	n.weights = int64(4 * copies * float64(numbers))
	outputs := int64(0)
	for _, s := range r.family.Plan(r.heaviest()) {
		l := s.Layer
		outputs += int64(l.OutH()) * int64(l.OutW()) * int64(l.OutC)
	}
	if searching || r.cfg.Train.Arch != "" {
		n.judging = int64(stepShare * 4 * float64(outputs) * float64(r.cfg.Evaluate.Batch))
	}
	n.step = int64(stepShare * 2 * 4 * float64(outputs) * float64(max(r.cfg.Train.Batch, r.finishBatch())))
	if searching {
		t := r.splits.Train // the linear classifier: weights, gradients, momentum, histograms
		pixels := int64(t.H * t.W * t.C)
		n.weights += pixels * (4*3*int64(len(t.Classes)) + 8*256)
		n.lanes = int64(lanesShare * float64(r.laneCount(r.cfg.Finish.Networks)) * float64(n.step+n.judging))
	}
	return n
}

// heaviest returns the network that takes most memory in training: the one that trains
// alone, the largest of the space or, as limits may exclude that, the narrow one.
func (r *Run) heaviest() space.Arch {
	if text := r.cfg.Train.Arch; text != "" {
		if a, err := r.Arch(text); err == nil {
			return a
		}
	}
	if l := r.cfg.Limits; l.Latency > 0 || l.FLOPs > 0 || l.Params > 0 || l.Energy > 0 {
		return r.family.Extremes().Narrow
	}
	return r.family.Extremes().Largest
}

// checkMemory tells what training, or a whole search, needs, and refuses where the machine
// has less.
func (r *Run) checkMemory(searching bool) error {
	n, has := r.memory(searching), freeMemory(memoryRoot)
	if n.total() > has && searching && r.laneCount(r.cfg.Finish.Networks) > 1 {
		r.single = true // no bit depends on it
		r.monitor.Log.Warn("networks are finished one after the other: there is not enough memory for several at a time", "needed", inBytes(n.total()), "free", inBytes(has))
		n = r.memory(searching)
	}
	r.monitor.Log.Info("memory", "needed", inBytes(n.total()), "pictures", inBytes(n.pictures), "weights", inBytes(n.weights), "step", inBytes(n.step), "judging", inBytes(n.judging+n.lanes), "free", inBytes(has))
	if n.total() <= has {
		return nil
	}
	advice := "a smaller train.batch (--batch), or smaller pictures (--size)"
	if n.judging > n.step {
		advice = "a smaller evaluate.batch, or smaller pictures (--size)"
	}
	switch {
	case n.pictures >= max(n.weights, n.step, n.judging):
		advice = "smaller pictures (--size), fewer, or less of them in memory (--cache)"
	case n.weights >= max(n.step, n.judging):
		advice = "a smaller space"
	}
	return fmt.Errorf("memory: about %s are needed (%s for pictures, %s for weights, %s for a training step of %d pictures, %s for judging %d at a time and for what trains beside it) and %s are free; %s would help",
		inBytes(n.total()), inBytes(n.pictures), inBytes(n.weights), inBytes(n.step), max(r.cfg.Train.Batch, r.finishBatch()), inBytes(n.judging+n.lanes), r.cfg.Evaluate.Batch, inBytes(has), advice)
}

// inBytes writes a number of bytes as people do.
func inBytes(n int64) string {
	switch {
	case n == math.MaxInt64:
		return "unknown"
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	default:
		return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
	}
}

// memoryRoot is where the system's own files are; tests have theirs.
var memoryRoot = "/"

// freeMemory returns the bytes that this machine, or the control group that the process is
// in, has left; a very large number where neither says. root is "/" but in tests.
func freeMemory(root string) int64 {
	free := int64(math.MaxInt64)
	if n, ok := meminfo(root, "MemAvailable:"); ok {
		free = n
	}
	for _, group := range []struct{ limit, used string }{
		{"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory.current"},
		{"sys/fs/cgroup/memory/memory.limit_in_bytes", "sys/fs/cgroup/memory/memory.usage_in_bytes"},
	} {
		limit, ok := number(root + group.limit)
		if !ok {
			continue
		}
		used, _ := number(root + group.used)
		free = min(free, max(0, limit-used))
	}
	return free
}

// number reads a file that holds one number.
func number(path string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	return n, err == nil
}

// meminfo reads a line of /proc/meminfo, in bytes.
func meminfo(root, name string) (int64, bool) {
	text, err := os.ReadFile(root + "proc/meminfo")
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(text) {
		f := bytes.Fields(line)
		if len(f) < 2 || string(f[0]) != name {
			continue
		}
		kib, err := strconv.ParseInt(string(f[1]), 10, 64)
		return kib << 10, err == nil
	}
	return 0, false
}
