//go:build !linux

package testenv

import "syscall"

// setDeathSignal does nothing: only Linux ends a child with its parent.
func setDeathSignal(*syscall.SysProcAttr, syscall.Signal) {}

// stopped returns true: only Linux says how a process is.
func stopped(int) bool { return true }
