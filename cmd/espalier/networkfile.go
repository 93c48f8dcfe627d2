package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/onnx"
)

// loadNetwork is readNetwork of a network that must know its classes and normalisation.
func loadNetwork(path string) (*supernet.Network, error) {
	n, err := readNetwork(path)
	if err != nil {
		return nil, err
	}
	if len(n.Label().Classes) == 0 {
		return nil, fmt.Errorf("%s: the network has no names of classes; want one that search, export or train --arch wrote", path)
	}
	return n, nil
}

// readNetwork reads a network file of this program or an ONNX model that it wrote; the
// content tells which.
func readNetwork(path string) (*supernet.Network, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 64)
	n, err := io.ReadFull(f, head)
	f.Close()
	if err != nil && n == 0 {
		return nil, fmt.Errorf("%s: no network: %w", path, err)
	}
	load := supernet.LoadNetwork
	if onnx.Is(head[:n]) || strings.EqualFold(filepath.Ext(path), ".onnx") {
		load = onnx.Load
	}
	return load(path)
}
