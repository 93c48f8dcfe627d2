package main

import (
	"fmt"
	"os/exec"
	"syscall"
)

// dieWithParent makes the system kill the command, halted or not, when the
// thread that starts it ends.
func dieWithParent(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// halt stops all threads of the arm where they are.
func (a *arm) halt() error { return a.signal(syscall.SIGSTOP) }

// wake lets a halted arm go on.
func (a *arm) wake() error { return a.signal(syscall.SIGCONT) }

func (a *arm) signal(s syscall.Signal) error {
	if err := a.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("arm %s: %w", a.name, err)
	}
	return nil
}
