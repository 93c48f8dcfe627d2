package search

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"

	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// work is what a run does, as far as memory depends on it.
type work int

const (
	trainsShared work = iota // the shared weights alone
	trainsAlone              // networks one after the other, each of which is evaluated
	searches                 // all of a search
)

// need is how much memory a run takes at its peak, in bytes: what is in use at once, part by part. See total.
type need struct {
	pictures   int64 // as they lie in memory
	weights    int64 // shared ones, with gradients, momentum, averages and what a checkpoint copies
	step       int64 // what a training step of the largest network keeps, with the pictures made ready for it
	evaluating int64 // what evaluating it keeps, which takes the place of the step's
	lanes      int64 // what is kept beside both, by networks that are finished or by the linear classifier
	execs      int64 // that compute at a time
}

const (
	// programBytes are taken by the program and its tables.
	programBytes = 64 << 20
	// scratchBytes are what kernels keep beside maps, for each Exec.
	scratchBytes = 16 << 20
	// readBytes bound what the reading of pictures leaves to collect.
	readBytes = 256 << 20
	// calibrators is how many evaluators hold pictures of their own at a time, where pictures are streamed.
	calibrators = 3
	// batchesAhead are made of pictures for a training, the one in use included.
	batchesAhead = 5
	// aloneCopies are kept of the weights of a network that trains alone: the weights, their gradients, momentum, averages
	// with theirs, matrices of Muon and what a checkpoint copies.
	aloneCopies = 12
	// spareShare of all that, as 1/spareShare, is left to the collector, which else would run without end.
	spareShare = 8
)

// total returns the memory at the peak. Pictures are read before anything else is kept.
func (n need) total() int64 {
	working := max(n.step, n.evaluating) + n.lanes
	live := programBytes + n.execs*scratchBytes + n.pictures + n.weights + max(min(n.pictures, readBytes), working)
	return live + live/spareShare
}

// memory computes what the run needs for some work, where p is the network that takes the most.
func (r *Run) memory(does work, p space.Plan) need {
	train, e := r.splits.Train, r.cfg.Evaluate
	picture := 4 * int64(train.H*train.W*train.C) // of a picture made ready
	n := need{pictures: r.pictureBytes(), execs: 1}
	copies := int64(2 + 1 + 2) // weights and gradients, momentum, a checkpoint or weights for timing
	if r.cfg.Train.Average > 0 {
		copies += 3
	}
	if does != trainsAlone || r.net != nil {
		for _, w := range r.family.Weights() {
			n.weights += 4 * copies * w.Numbers()
		}
	}
	alone := does == trainsAlone || r.cfg.Train.Arch != ""
	o := r.trainOptions(manySteps)
	if alone {
		o = r.aloneOptions(manySteps)
	}
	n.step = supernet.TrainingBytes(p, o) + batchesAhead*int64(o.Batch)*picture
	if alone || does == searches {
		n.evaluating = supernet.EvaluationBytes(p, e.Batch, r.exec.Workers()) + 2*int64(e.Batch)*picture
		n.weights += 4 * aloneCopies * p.Params()
		if train.Streamed() {
			n.evaluating += calibrators * int64(min(e.Calibration, train.Len())) * picture / 4
		}
	}
	if does == searches {
		n.lanes = max(r.laneBytes(p, picture), r.classifierBytes(picture))
		n.execs += int64(r.mostLanes())
	}
	return n
}

// pictureBytes returns what pictures take, however many sets they are in.
func (r *Run) pictureBytes() (bytes int64) {
	for _, s := range []*data.Set{r.source.Train, r.source.Val, r.source.Test} {
		if s != nil && (s == r.source.Train || !s.SharesFiles(r.source.Train)) {
			bytes += s.Bytes()
		}
	}
	return bytes
}

// laneBytes returns what networks like p keep that are finished side by side, and the candidates that wait.
func (r *Run) laneBytes(p space.Plan, picture int64) int64 {
	o := r.finishOptions(manySteps, rungs-1)
	maps := max(supernet.TrainingBytes(p, o)+batchesAhead*int64(o.Batch)*picture, supernet.EvaluationBytes(p, r.cfg.Evaluate.Batch, 1))
	waiting := 4 * 2 * int64(r.cfg.Search.Top) * p.Params() // with gradients
	return int64(r.mostLanes())*(maps+4*aloneCopies*p.Params()) + waiting
}

// mostLanes returns how many networks are finished side by side at most: candidates are, on the first rung.
func (r *Run) mostLanes() int { return r.laneCount(r.cfg.Search.Top * r.armCount()) }

// classifierBytes returns what the linear classifier keeps: weights, gradients and momentum, histograms of all pixels, and
// pictures made ready.
func (r *Run) classifierBytes(picture int64) int64 {
	return picture/4*(4*3*int64(len(r.splits.Train.Classes))+8*256) + batchesAhead*int64(r.cfg.Train.Batch)*picture
}

// heaviest returns the network that takes most memory in training: the one that trains alone, or the heaviest of the space
// within limits and reach. Before it is known how far those go, with limits, it is the narrow one.
func (r *Run) heaviest() space.Plan {
	if text := r.cfg.Train.Arch; text != "" {
		if a, err := r.Arch(text); err == nil { // else training refuses it
			return r.family.Plan(a)
		}
	}
	if r.cfg.Limits.Any() && !r.bounded {
		return r.family.Plan(r.family.Extremes().Narrow)
	}
	return r.heaviestWithin(r.largest(), r.fits())
}

// heaviestWithin climbs from an architecture, decision by decision, to one around which none that fits takes more memory in
// training: a network of as many operations as can be need not have the most maps. fits nil: all do.
func (r *Run) heaviestWithin(from space.Arch, fits func(space.Arch) bool) space.Plan {
	o := r.trainOptions(manySteps)
	best, most := from, supernet.TrainingBytes(r.family.Plan(from), o)
	for {
		at := best
		for _, a := range r.family.Space().Neighbors(at) {
			if bytes := supernet.TrainingBytes(r.family.Plan(a), o); bytes > most && (fits == nil || fits(a)) {
				best, most = a, bytes
			}
		}
		if best == at {
			return r.family.Plan(best)
		}
	}
}

// checkMemory tells what the run needs for some work, has the process kept to that, and refuses where the machine has less.
func (r *Run) checkMemory(does work) error {
	n, has, err := r.memoryFits(does)
	if err != nil {
		return err
	}
	r.tellMemory(n, n.total(), has)
	whole := n
	if r.cfg.Limits.Any() { // networks beyond them may be timed before it is known what they leave
		whole = r.memory(does, r.heaviestWithin(r.family.Extremes().Largest, nil))
	}
	r.needed = n.total()
	r.monitor.Memory(max(n.total(), whole.total()))
	return nil
}

// memoryFits returns what the run needs for some work, in bytes, and what there is for it: what is free, and what this
// process has already. Where there is too little it trains one network at a time, and if that is not enough it is an error
// that names what would help.
func (r *Run) memoryFits(does work) (n need, has int64, err error) {
	n, has = r.memory(does, r.heaviest()), freeMemory(memoryRoot)
	if own, known := fileLine(memoryRoot+"proc/self/status", "VmRSS:", 1<<10); known && has < math.MaxInt64-own {
		has += own
	}
	if n.total() > has && does == searches && r.mostLanes() > 1 {
		r.single = true // no bit depends on it
		r.monitor.Log.Warn("networks are finished one after the other: there is not enough memory for several at a time", "needed", inBytes(n.total()), "free", inBytes(has))
		n = r.memory(does, r.heaviest())
	}
	if n.total() <= has {
		return n, has, nil
	}
	advice := "a smaller train.batch (--batch), or smaller pictures (--size)"
	if n.evaluating > n.step {
		advice = "a smaller evaluate.batch, or smaller pictures (--size)"
	}
	switch {
	case n.pictures >= max(n.weights, n.step, n.evaluating):
		advice = "smaller pictures (--size), fewer, or less of them in memory (--cache)"
	case n.weights >= max(n.step, n.evaluating):
		advice = "a smaller space"
	}
	return n, has, fmt.Errorf("memory: about %s are needed (%s for pictures, %s for weights, %s for a training step of %d pictures, %s for evaluating %d at a time and for what trains beside it) and %s are free; %s would help",
		inBytes(n.total()), inBytes(n.pictures), inBytes(n.weights), inBytes(n.step), r.cfg.Train.Batch, inBytes(n.evaluating+n.lanes), r.cfg.Evaluate.Batch, inBytes(has), advice)
}

// tellMemory logs what is needed, part by part.
func (r *Run) tellMemory(n need, total, has int64) {
	r.monitor.Log.Info("memory", "needed", inBytes(total), "pictures", inBytes(n.pictures), "weights", inBytes(n.weights), "step", inBytes(n.step), "evaluating", inBytes(n.evaluating), "finishing", inBytes(n.lanes), "free", inBytes(has))
}

// memoryWithin computes the memory of a search anew once it is known what limits and reach leave of the space. What the process
// has had by then counts, as far as it was computed before. With limits it was computed for the narrow network, so that there
// may be too little only now.
func (r *Run) memoryWithin() error {
	r.bounded = true
	if r.bounds == nil && !r.cfg.Limits.Any() {
		return nil
	}
	n, has, err := r.memoryFits(searches)
	if err != nil {
		return err
	}
	total := n.total()
	if had, known := fileLine(memoryRoot+"proc/self/status", "VmHWM:", 1<<10); known {
		total = max(total, min(had, r.needed))
	}
	r.tellMemory(n, total, has)
	r.needed = total
	r.monitor.Memory(total)
	return nil
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
// in, has left; a very large number where neither says. Pages of files that were not used
// again, such as those of pictures that were read, count as left: the system takes them first. root
// is "/" but in tests.
func freeMemory(root string) int64 {
	free := int64(math.MaxInt64)
	if n, ok := fileLine(root+"proc/meminfo", "MemAvailable:", 1<<10); ok {
		free = n
	}
	for _, group := range []struct{ limit, used, stat, files string }{
		{"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory.current", "sys/fs/cgroup/memory.stat", "inactive_file"},
		{"sys/fs/cgroup/memory/memory.limit_in_bytes", "sys/fs/cgroup/memory/memory.usage_in_bytes", "sys/fs/cgroup/memory/memory.stat", "total_inactive_file"},
	} {
		limit, ok := number(root + group.limit)
		if !ok {
			continue
		}
		used, _ := number(root + group.used)
		files, _ := fileLine(root+group.stat, group.files, 1)
		free = min(free, max(0, limit-max(0, used-files)))
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

// fileLine reads a line of a system's file that has a name and a number of so many bytes each.
func fileLine(path, name string, each int64) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(text) {
		f := bytes.Fields(line)
		if len(f) < 2 || string(f[0]) != name {
			continue
		}
		n, err := strconv.ParseInt(string(f[1]), 10, 64)
		return n * each, err == nil
	}
	return 0, false
}
