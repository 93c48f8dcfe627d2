package nets

import (
	_ "embed"
	"fmt"

	"github.com/goccy/go-yaml"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

//go:embed ofa32.yaml
var ofa32Text []byte

// OFA32 is a family of MobileNetV3-like networks for pictures of about 32
// pixels, elastic in the manner of Once-for-All (Cai et al. 2020): depth of each
// stage, kernel and expansion of each block. ofa32.yaml declares it.
type OFA32 struct {
	space.Family
	drawn      space.Arch
	sandwiches [][]space.Arch
}

// NewOFA32 returns the family for pictures of size x size pixels. It fails
// unless size and channels are those of an Input.
func NewOFA32(channels, size int) (*OFA32, error) {
	var s families.Space
	if err := yaml.UnmarshalWithOptions(ofa32Text, &s, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("ofa32: %w", err)
	}
	family, err := s.Open(space.Input{H: size, W: size, C: channels, Classes: Classes})
	if err != nil {
		return nil, fmt.Errorf("ofa32: %w", err)
	}
	f := &OFA32{Family: family}
	if err := f.parseDraws(); err != nil {
		return nil, fmt.Errorf("ofa32: %w", err)
	}
	return f, nil
}
