package stages

import "github.com/espalier-nas/espalier/supernet/space"

// Bands lists the channels between the convolutions of each block, and those inside squeeze
// and excitation.
func (f *Family) Bands() []space.Band {
	var all []space.Band
	for i := range f.stages {
		s := &f.stages[i]
		for _, b := range s.blocks {
			all = append(all, kinds[s.Block].bands(b.name, s)...)
		}
	}
	return all
}

// between returns the band of the outputs of one convolution with a norm that another reads.
func between(from, to string) space.Band {
	return space.Band{Outputs: []string{from, from + "/norm"}, Inputs: []string{to}}
}

func bandsOfInverted(name string, s *stage) (all []space.Band) {
	excite := s.Excite == exciteYes || s.Excite == exciteSearch
	if s.expands() {
		b := between(name+"/expand", name+"/project")
		b.Outputs = append(b.Outputs, name+"/depthwise", name+"/depthwise/norm")
		if excite {
			b.Outputs = append(b.Outputs, name+"/excite/expand", name+"/excite/expand.bias")
			b.Inputs = append(b.Inputs, name+"/excite/reduce")
		}
		all = append(all, b)
	}
	if excite {
		all = append(all, space.Band{Outputs: []string{name + "/excite/reduce", name + "/excite/reduce.bias"}, Inputs: []string{name + "/excite/expand"}})
	}
	return all
}

func bandsOfBasic(name string, _ *stage) []space.Band {
	return []space.Band{between(name+"/a", name+"/b")}
}

func bandsOfBottleneck(name string, _ *stage) []space.Band {
	return []space.Band{between(name+"/a", name+"/b"), between(name+"/b", name+"/c")}
}

// bandsOfPlain returns none: the outputs of a plain block are inputs of the next stage's
// shared weights at every width.
func bandsOfPlain(string, *stage) []space.Band { return nil }
