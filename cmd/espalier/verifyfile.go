package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/checkpoint"
	"github.com/espalier-nas/espalier/supernet/onnx"
)

// verifyFile checks every byte of a file of this program, as far as its checksums or its
// form go, and names all tensors of a weights file that are damaged.
func verifyFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err := errors.Join(ignoreShort(err), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte(weightsMagic)):
		return verifyWeights(w, path)
	case onnx.Is(head):
		if _, err := onnx.Load(path); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, "%s: an ONNX model that can be read; it carries no checksums\n", path)
		return err
	case filepath.Ext(path) == ".jsonl":
		lines, faults, err := rundir.ExamineJournal(path)
		if err != nil {
			return err
		}
		if len(faults) > 0 {
			return damaged(path, faults)
		}
		_, err = fmt.Fprintf(w, "%s: %d whole lines\n", path, lines)
		return err
	}
	return fmt.Errorf("%s: want a run folder, or a weights file, an ONNX model or a journal of one", path)
}

// ignoreShort drops the error of a file that is shorter than what was asked for.
func ignoreShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

func verifyWeights(w io.Writer, path string) error {
	h, faults, err := checkpoint.Examine(path)
	if err != nil {
		return err
	}
	if len(faults) == 0 {
		_, err := fmt.Fprintf(w, "%s: %s, %d bytes, %d tensors: whole\n", path, h.Kind, h.Size, len(h.Tensors))
		return err
	}
	all := make([]error, len(faults))
	for i, f := range faults {
		f.File = "" // said once
		all[i] = f
	}
	return damaged(path, all)
}

// damaged names all places in which a file is damaged.
func damaged(path string, faults []error) error {
	all := make([]string, len(faults))
	for i, f := range faults {
		all[i] = "  " + strings.TrimPrefix(f.Error(), "checkpoint: ")
	}
	return fmt.Errorf("%s is damaged in %d places:\n%s", path, len(faults), strings.Join(all, "\n"))
}
