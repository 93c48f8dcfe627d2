package controller

import (
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// presetSpace is the richest space that users get by default.
func presetSpace(tb testing.TB) *space.Space {
	tb.Helper()
	f, err := families.Open("chain", space.Input{H: 28, W: 28, C: 1, Classes: 10})
	if err != nil {
		tb.Fatal(err)
	}
	return f.Space()
}

// BenchmarkPolicy times one sample, and one observed trial, of each policy.
func BenchmarkPolicy(b *testing.B) {
	s := presetSpace(b)
	for name, o := range map[string]PolicyOptions{"rl": DefaultLSTMOptions(), "tunas": DefaultTunasOptions()} {
		r, err := NewReinforce(name, s, 1, o)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/propose", func(b *testing.B) {
			for b.Loop() {
				r.Propose(1)
			}
		})
		trial := []Trial{{Arch: r.Propose(1)[0], Reward: 1}}
		b.Run(name+"/observe", func(b *testing.B) {
			for b.Loop() {
				r.Observe(trial)
			}
		})
	}
}
