package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

var negInf = float32(math.Inf(-1))

// tables remembers what was emitted: data must be defined once.
var tables = map[string]Mem{}

// number returns a place that holds f.
func number(f float32) Mem {
	name := fmt.Sprintf("vecF%08x", math.Float32bits(f))
	if _, ok := tables[name]; !ok {
		tables[name] = GLOBL(name, RODATA|NOPTR)
		DATA(0, U32(math.Float32bits(f)))
	}
	return tables[name]
}

// wide returns a place that holds f 16 times, as many as any register takes.
func wide(f float64) Mem {
	bits := math.Float32bits(float32(f))
	name := fmt.Sprintf("vecW%08x", bits)
	if _, ok := tables[name]; !ok {
		tables[name] = GLOBL(name, RODATA|NOPTR)
		for i := range 16 {
			DATA(4*i, U32(bits))
		}
	}
	return tables[name]
}

// imm is an instruction's immediate operand.
func imm(n uint8) Op { return U8(n) }

// laneTable is 8 words of ones followed by 8 of zeros: the mask of the first n
// of 8 lanes starts 8-n words in.
func laneTable() Mem {
	const name = "vecLanes"
	if _, ok := tables[name]; !ok {
		tables[name] = GLOBL(name, RODATA|NOPTR)
		for i := range 8 {
			DATA(4*i, U32(math.MaxUint32))
		}
		for i := range 8 {
			DATA(32+4*i, U32(0))
		}
	}
	return tables[name]
}
