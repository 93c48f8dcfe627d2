package space

import (
	"fmt"
	"math/big"
	"strings"
)

// Describe returns a report of a family for people: decisions, size, shared
// weights, and the cost of its smallest, narrow and largest network.
func Describe(f Family) string {
	var b strings.Builder
	s := f.Space()
	fmt.Fprintf(&b, "space      %s\n", s.ID())
	fmt.Fprintf(&b, "size       %s architectures\n", describeSize(s))
	fmt.Fprintf(&b, "decisions  %d\n", len(s.decisions))
	for _, g := range s.groups {
		fmt.Fprintf(&b, "  %s\n", describeGroup(s.decisions[g.from:g.to]))
	}
	tensors, numbers := sharedSize(f.Weights())
	fmt.Fprintf(&b, "shared     %d tensors, %d numbers\n", tensors, numbers)
	ends := f.Extremes()
	describeArch(&b, f, "smallest", ends.Smallest)
	describeArch(&b, f, "narrow", ends.Narrow)
	describeArch(&b, f, "largest", ends.Largest)
	return b.String()
}

// describeSize returns the number of architectures, exactly where that can be read.
func describeSize(s *Space) string {
	const readable = 10_000_000
	if n := s.SizeExact(); n.Cmp(big.NewInt(readable)) < 0 {
		return n.String()
	}
	return fmt.Sprintf("%.4g", s.Size())
}

func describeGroup(ds []Decision) string {
	var parts, skips []string
	for _, d := range ds {
		if d.Kind == KindSkip {
			skips = append(skips, fmt.Sprint(d.From+1))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s", d.Name, strings.Join(d.Choices, "|")))
	}
	if len(skips) > 0 {
		parts = append(parts, "skips from "+strings.Join(skips, ","))
	}
	return strings.Join(parts, "  ")
}

// sharedSize returns the number of tensors and of trainable numbers in them.
func sharedSize(ws []Weight) (tensors int, numbers int64) {
	for _, w := range ws {
		numbers += w.Numbers()
	}
	return len(ws), numbers
}

func describeArch(b *strings.Builder, f Family, label string, a Arch) {
	p := f.Plan(a)
	fmt.Fprintf(b, "%-10s %s\n", label, f.Space().Format(a))
	fmt.Fprintf(b, "           %.2f MFLOPs, %d parameters, %d KiB of activations at most\n",
		float64(p.FLOPs())/1e6, p.Params(), (p.PeakActivations()+1023)/1024)
}
