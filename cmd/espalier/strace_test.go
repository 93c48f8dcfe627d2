//go:build kill && linux

package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// call is a system call that a process has made.
type call struct {
	name   string
	args   []string // as strace writes them, but strings as they are
	result int
}

// traced are the calls that strace is asked for: all that can change a file or its name, and what
// tells which file a descriptor is.
const traced = "openat,open,creat,close,mkdir,mkdirat,unlink,unlinkat,rmdir,rename,renameat,renameat2,link,linkat,symlink,symlinkat," +
	"lseek,read,readv,write,writev,pwrite64,pwritev,pwritev2,truncate,ftruncate,fallocate,fsync,fdatasync,sync_file_range,copy_file_range,sendfile,splice,mmap"

func (c call) number(i int) int { return number(c.args[i]) }

// number reads an argument, -1: it is none.
func number(arg string) int {
	if n, err := strconv.Atoi(arg); err == nil {
		return n
	}
	return -1
}

// directory returns the descriptor that a path is relative to.
func (c call) directory() string {
	if strings.HasSuffix(c.name, "at") {
		return c.args[0]
	}
	return "AT_FDCWD"
}

// unquote reads a string as strace -xx writes it: "\x61\x62". Other arguments stay as they are.
func unquote(arg string) (string, error) {
	quoted, ok := strings.CutPrefix(arg, `"`)
	if !ok {
		return arg, nil
	}
	text, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSuffix(quoted, `"`), `\x`, ""))
	return string(text), err
}

var (
	callLine   = regexp.MustCompile(`(?s)^(\d+) +([a-z0-9_]+)\((.*)\) += (\?|-?[0-9a-fx]+)`)
	beginLine  = regexp.MustCompile(`(?s)^(\d+) +([a-z0-9_]+\(.*) <unfinished \.\.\.>$`)
	resumeLine = regexp.MustCompile(`(?s)^(\d+) +<\.\.\. [a-z0-9_]+ resumed>(.*)$`)
)

// readCalls reads what strace -f -xx has written, in the order in which calls ended, without those
// that failed.
func readCalls(path string) (calls []call, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<30)
	begun := make(map[string]string)
	for s.Scan() {
		line := s.Text()
		if m := beginLine.FindStringSubmatch(line); m != nil {
			begun[m[1]] = m[2]
			continue
		}
		if m := resumeLine.FindStringSubmatch(line); m != nil {
			line = m[1] + " " + begun[m[1]] + m[2]
			delete(begun, m[1])
		}
		m := callLine.FindStringSubmatch(line)
		if m == nil {
			continue // signals, ends of threads, calls that a signal has cut off
		}
		result, err := strconv.ParseInt(m[4], 0, 64) // mmap's is an address
		if err != nil || result < 0 {
			continue
		}
		c := call{m[2], strings.Split(m[3], ", "), int(result)}
		if c.name == "read" {
			c.args = c.args[:1] // what was read is of no use
		}
		for i, arg := range c.args {
			if c.args[i], err = unquote(arg); err != nil {
				return nil, fmt.Errorf("%s: %.200s: %w", path, line, err)
			}
		}
		calls = append(calls, c)
	}
	return calls, s.Err()
}
