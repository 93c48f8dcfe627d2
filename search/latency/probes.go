package latency

import (
	"context"
	"fmt"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Probes are networks that were measured on a runtime whose latency counts instead of
// that of this program's own kernels, and models of it that begin with the times of layers here.
type Probes struct {
	path    string
	runtime bench.Runtime
	own     *Model // of this program: predictions begin with its layers
	said    map[space.Arch]said
	order   []space.Arch        // keys of said
	learnt  map[space.Arch]bool // of these, what the models have learnt from
	call    float64             // seconds of the longest call so far; 0: none
	seconds placed
	joules  placed // of nothing: the runtime tells no energy

	Report predictor.Report  // of latency, on networks left out
	Energy *predictor.Report // the same of energy; nil: the runtime tells none
}

// placed is a model of a figure, and the factor on its deviations that networks left out of it call for.
type placed struct {
	*predictor.Placement
	stretch  float64
	reliance predictor.Reliance
}

// said is what a runtime has said of a network, per image, in the units of the file: it is
// read back to the bit.
type said struct {
	milliseconds, millijoules float64
}

// reading returns it in seconds and joules.
func (s said) reading() bench.Reading {
	return bench.Reading{Seconds: s.milliseconds / 1e3, Joules: s.millijoules / 1e3}
}

// OpenProbes returns what the file at path holds of a runtime, or else nothing yet, and
// makes that runtime the one whose latency counts. own gives the predictions to correct.
func OpenProbes(path string, runtime bench.Runtime, own *Model) (*Probes, error) {
	p := &Probes{path: path, runtime: runtime, own: own, said: make(map[space.Arch]said)}
	if err := p.read(); err != nil {
		return nil, err
	}
	own.probes = p
	return p, nil
}

// Name returns the name of the runtime.
func (p *Probes) Name() string { return p.runtime.Name() }

// Networks returns how many were measured.
func (p *Probes) Networks() int { return len(p.order) }

// Learn measures architectures of the space until there are so many, those that the file
// has not, fits the models, and finds out how good they are on networks left out.
func (p *Probes) Learn(ctx context.Context, n int, seed uint64, show Progress) error {
	archs := p.own.draw(n, seed)
	for i, a := range archs {
		if _, err := p.Measure(ctx, a); err != nil {
			return err
		}
		show(float64(i+1), float64(len(archs)), unitNetworks, "probe")
	}
	if err := p.save(); err != nil {
		return err
	}
	return p.fit(archs, seed)
}

// Measure returns what the runtime says of an architecture, from the file if it is there,
// and keeps it. Where this program's own latencies were learnt the network is timed on its
// own kernels too.
func (p *Probes) Measure(ctx context.Context, a space.Arch) (bench.Reading, error) {
	if p.own.model != nil && p.own.Local() {
		if _, known := p.own.timed[a]; !known {
			if err := p.own.time(ctx, a, bench.DefaultEffort, true); err != nil {
				return bench.Reading{}, err
			}
			if err := p.own.save(); err != nil {
				return bench.Reading{}, err
			}
		}
	}
	if s, known := p.said[a]; known {
		return s.reading(), nil
	}
	start := p.own.now()
	r, err := p.runtime.Measure(ctx, p.own.family.Plan(a))
	if err != nil {
		return bench.Reading{}, err
	}
	p.call = max(p.call, p.own.now().Sub(start).Seconds())
	if len(p.order) > 0 && (r.Joules > 0) != p.Metered() {
		return bench.Reading{}, fmt.Errorf("probe: %s tells the energy of some networks only; want that of all, or of none", p.Name())
	}
	p.note(a, said{1e3 * r.Seconds, 1e3 * r.Joules})
	return p.said[a].reading(), p.save()
}

// Metered reports whether the runtime tells energy.
func (p *Probes) Metered() bool { return p.said[p.order[0]].millijoules > 0 }

func (p *Probes) note(a space.Arch, s said) {
	p.said[a] = s
	p.order = append(p.order, a)
}

// probeFolds is in how many parts the networks are cut of which each in turn is
// predicted by a model of the others: there are too few of them to hold a part back.
const probeFolds = 5

// fit learns from architectures that were measured.
func (p *Probes) fit(archs []space.Arch, seed uint64) error {
	if len(archs) < leastNetworks {
		return fmt.Errorf("%s: the space has %d networks to measure; want at least %d", p.path, len(archs), leastNetworks)
	}
	y := make([]bench.Reading, len(archs))
	p.learnt = make(map[space.Arch]bool)
	for i, a := range archs {
		y[i] = p.said[a].reading()
		p.learnt[a] = true
	}
	var err error
	if p.seconds, p.Report, err = p.model(archs, y, func(r bench.Reading) float64 { return r.Seconds }, seed); err != nil || !p.Metered() {
		return err
	}
	p.Energy = new(predictor.Report)
	p.joules, *p.Energy, err = p.model(archs, y, func(r bench.Reading) float64 { return r.Joules }, seed)
	return err
}

// model returns a model of one of the figures, and its error on networks left out.
func (p *Probes) model(archs []space.Arch, readings []bench.Reading, of func(bench.Reading) float64, seed uint64) (placed, predictor.Report, error) {
	y := make([]float64, len(readings))
	for i, r := range readings {
		y[i] = of(r)
	}
	mean, std := make([]float64, len(y)), make([]float64, len(y))
	for fold := range probeFolds {
		var train, test []int
		for i := range y {
			if i%probeFolds == fold {
				test = append(test, i)
			} else {
				train = append(train, i)
			}
		}
		m, err := p.fitted(pick(archs, train), pick(y, train))
		if err != nil {
			return placed{}, predictor.Report{}, err
		}
		left, doubt := m.Predict(pick(archs, test))
		for k, i := range test {
			mean[i], std[i] = left[k], doubt[k]
		}
	}
	rep := predictor.Evaluate(mean, y, seed)
	rep.Cover90 = predictor.Coverage(mean, std, y, 0.9)
	m, err := p.fitted(archs, y)
	return placed{m, predictor.Calibrate(mean, std, y).Factor(), predictor.Rely(mean, std, y)}, rep, err
}

// fitted returns a model of networks that take so much.
func (p *Probes) fitted(archs []space.Arch, y []float64) (*predictor.Placement, error) {
	m := predictor.NewPlacement(p.own.family.Plan, p.own.table.Lookup)
	return m, m.Fit(archs, y)
}

// Reliance tells how far predictions of latency are to be relied on, by networks left out of the model in turn.
func (p *Probes) Reliance() predictor.Reliance { return p.seconds.reliance }

// Form describes the model of latency.
func (p *Probes) Form() string {
	slope, each, kinds := p.seconds.Common()
	return fmt.Sprintf("own layers times %.3g and %.3g ms for each, %d kinds of layers departing from that", slope*float64(p.own.batch), 1e3*each, kinds)
}

// predict returns the predicted latency and energy of an architecture per image.
func (p *Probes) predict(a space.Arch) bench.Reading {
	var r bench.Reading
	mean, _ := p.seconds.Predict([]space.Arch{a})
	r.Seconds = mean[0]
	if p.joules.Placement != nil {
		mean, _ = p.joules.Predict([]space.Arch{a})
		r.Joules = mean[0]
	}
	return r
}

// sample returns a reading as a timing of a pass.
func (p *Probes) sample(r bench.Reading) bench.Sample {
	s := r.Seconds * float64(p.own.batch)
	return bench.Sample{Median: s, Best: s, Low: s, High: s, Rounds: 1}
}

// Lasts returns how long a call takes at most, as far as is known.
func (p *Probes) Lasts() time.Duration { return time.Duration(p.call * float64(time.Second)) }
