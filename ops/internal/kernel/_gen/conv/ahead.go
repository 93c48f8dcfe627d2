package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// Distances in bytes of the fields of ahead, in the package's ahead.go.
const aheadAt, aheadShare, aheadSize = 0, 8, 16

// aheadStreams is the number of streams that a tile prefetches.
const aheadStreams = 2

// fetchAhead emits the fetching of the next lines of each stream at a+off, into
// the second-level cache. None is fetched where the first stream has no lines. id
// makes labels differ.
func fetchAhead(off int, id string) {
	a, none := argument(), "fetched"+id
	for i := range aheadStreams {
		at0 := off + i*aheadSize
		n, next := load(a, at0+aheadShare), label("fetch"+id, i)
		if i == 0 {
			TESTQ(n, n)
			JZ(LabelRef(none))
		}
		p := load(a, at0+aheadAt)
		Label(next)
		PREFETCHT1(at(p, 0))
		ADDQ(U8(64), p)
		DECQ(n)
		JNZ(LabelRef(next))
		MOVQ(p, at(a, at0+aheadAt))
	}
	Label(none)
}
