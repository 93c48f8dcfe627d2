//go:build unix

package external

import (
	"os/exec"
	"syscall"
)

// group makes the end of a command's time the end of all processes that it has
// started, too.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
