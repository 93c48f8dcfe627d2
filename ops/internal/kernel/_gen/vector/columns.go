package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// columns is a loop over a run of activations, column by column: a register's
// worth of lanes of the period, then all its rows. The runs are walked in step.
// Without a period the run is one column and its rows follow one another.
type columns struct {
	*isa
	runs   []string // parameters walked in step; the first one's length is that of the run
	period string   // parameter that is as long as the period; "" for none
	unroll int      // rows at once: 1, 2 or 4

	enter func()               // start of a column, optional
	row   func(i int, k *mask) // row i of those at once; the last may be masked
	leave func()               // end of a column, optional

	column      reg.GPVirtual // bytes from the start of a period
	ptr         map[string]reg.GPVirtual
	end, stride reg.GPVirtual // of the first run; bytes of a period
	triple      reg.GPVirtual // three times stride
}

// run is the operand of a run in row i.
func (c *columns) run(name string, i int) Mem {
	m := Mem{Base: c.ptr[name]}
	switch {
	case c.period == "":
		m.Disp = i * c.bytes()
	case i == 3:
		m.Index, m.Scale = c.triple, 1
	case i > 0:
		m.Index, m.Scale = c.stride, uint8(i)
	}
	return m
}

// vector is the operand of a per-channel parameter's part for the column.
func (c *columns) vector(name string) Mem {
	p := GP64()
	Load(Param(name).Base(), p)
	return Mem{Base: p, Index: c.column, Scale: 1}
}

// loaded returns a register with a per-channel parameter's part.
func (c *columns) loaded(name string) reg.VecVirtual {
	v := c.vec()
	VMOVUPS(c.vector(name), v)
	return v
}

// emit writes the loop and the function's end.
func (c *columns) emit() {
	c.setup()
	Label("column")
	for _, r := range c.runs {
		Load(Param(r).Base(), c.ptr[r])
		if c.period != "" {
			ADDQ(c.column, c.ptr[r])
		}
	}
	if c.enter != nil {
		c.enter()
	}
	c.rows()
	if c.leave != nil {
		c.leave()
	}
	if c.period != "" {
		ADDQ(U8(uint8(c.bytes())), c.column)
		CMPQ(c.column, c.stride)
		JLT(LabelRef("column"))
	}
	VZEROUPPER()
	RET()
}

func (c *columns) setup() {
	c.ptr = map[string]reg.GPVirtual{}
	for _, r := range c.runs {
		c.ptr[r] = GP64()
	}
	first, n := GP64(), GP64()
	c.end = GP64()
	Load(Param(c.runs[0]).Base(), first)
	Load(Param(c.runs[0]).Len(), n)
	LEAQ(Mem{Base: first, Index: n, Scale: 4}, c.end)
	if c.period == "" {
		return
	}
	c.column, c.stride = GP64(), GP64()
	XORQ(c.column, c.column)
	Load(Param(c.period).Len(), c.stride)
	SHLQ(U8(2), c.stride)
	if c.unroll == 4 {
		c.triple = GP64()
		LEAQ(Mem{Base: c.stride, Index: c.stride, Scale: 2}, c.triple)
	}
}

// rows writes the loops over the rows of a column: several at once, one by one,
// and the short last one.
func (c *columns) rows() {
	first := c.runs[0]
	if c.unroll > 1 {
		c.while("rows", c.unroll)
	}
	c.while("row", 1)
	left := GP64()
	MOVQ(c.end, left)
	SUBQ(c.ptr[first], left)
	JLE(LabelRef("leave"))
	SHRQ(U8(2), left)
	k := c.firstLanes(left)
	c.row(0, &k)
	Label("leave")
}

// while writes a loop that handles n whole rows as long as there are so many.
func (c *columns) while(label string, n int) {
	first, last := c.runs[0], GP64()
	Label(label)
	LEAQ(c.run(first, n-1).Offset(c.bytes()), last)
	CMPQ(last, c.end)
	JA(LabelRef(label + "_done"))
	for i := range n {
		c.row(i, nil)
	}
	for _, r := range c.runs {
		switch {
		case c.period == "":
			ADDQ(U32(uint32(n*c.bytes())), c.ptr[r])
		default:
			LEAQ(Mem{Base: c.ptr[r], Index: c.stride, Scale: uint8(n)}, c.ptr[r])
		}
	}
	JMP(LabelRef(label))
	Label(label + "_done")
}

// begin starts a function of the set.
func (s *isa) begin(field, name, sig string) loop {
	full := fmt.Sprintf("vec%s%s", name, s.name)
	TEXT(full, NOSPLIT, sig)
	return loop{field, full, sig}
}
