package ops

import (
	"math"
	"math/rand/v2"
)

// InitHe fills p with normal values of mean 0 and variance 2/fan (He et al.
// 2015), fan being the inputs of an output, InC/G*KH*KW. Values are drawn in the
// order OutC, InC/G, KH, KW, so they do not depend on the layout.
func InitHe(p *Param, r *rand.Rand) {
	InitNormal(p, math.Sqrt(2/float64(p.All().depth()*p.KH*p.KW)), r)
}

// InitNormal fills p with normal values of mean 0 and deviation std, drawn in
// the order OutC, InC/G, KH, KW.
func InitNormal(p *Param, std float64, r *rand.Rand) {
	p.All().each(func(at, _ int) { p.Data[at] = float32(std * r.NormFloat64()) })
}

// InitUniform fills p with values uniform in [-bound, bound), drawn in the order
// OutC, InC/G, KH, KW.
func InitUniform(p *Param, bound float64, r *rand.Rand) {
	p.All().each(func(at, _ int) { p.Data[at] = float32(bound * (2*r.Float64() - 1)) })
}

// Fill sets every value of p to v.
func (p *Param) Fill(v float32) {
	p.All().each(func(at, _ int) { p.Data[at] = v })
}
