package rig

import (
	"os/exec"
	"syscall"
)

// dieWithUs ends the process when we end, however that happens.
func dieWithUs(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
