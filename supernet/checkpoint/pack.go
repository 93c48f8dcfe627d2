package checkpoint

import "github.com/vmihailenco/msgpack/v5"

// packer writes msgpack values and keeps the first error.
type packer struct {
	enc *msgpack.Encoder
	err error
}

func (p *packer) keep(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *packer) mapLen(n int)   { p.keep(p.enc.EncodeMapLen(n)) }
func (p *packer) arrayLen(n int) { p.keep(p.enc.EncodeArrayLen(n)) }
func (p *packer) key(s string)   { p.keep(p.enc.EncodeString(s)) }
func (p *packer) text(s string)  { p.keep(p.enc.EncodeString(s)) }

// uint writes n in as few bytes as it needs, wide in nine whatever it is.
func (p *packer) uint(n uint64) { p.keep(p.enc.EncodeUint(n)) }
func (p *packer) wide(n uint64) { p.keep(p.enc.EncodeUint64(n)) }

// bin writes no bytes as an empty bin, where EncodeBytes would write nil.
func (p *packer) bin(b []byte) {
	p.keep(p.enc.EncodeBytesLen(len(b)))
	_, err := p.enc.Writer().Write(b)
	p.keep(err)
}

func (p *packer) info(in *Info) {
	p.mapLen(5)
	p.key("name")
	p.text(in.Name)
	p.key("shape")
	p.arrayLen(len(in.Shape))
	for _, d := range in.Shape {
		p.uint(uint64(d))
	}
	p.key("offset")
	p.wide(uint64(in.Offset))
	p.key("bytes")
	p.wide(uint64(in.Bytes))
	p.key("xxh3")
	p.wide(in.Sum)
}
