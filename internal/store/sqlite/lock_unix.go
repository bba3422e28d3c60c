//go:build unix

package sqlite

import (
	"fmt"
	"os"
	"syscall"
)

// takeLock makes this process the only owner of the database file.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite: lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("sqlite: another spotler-connector uses this data directory (%s is locked): stop it, or give this one a directory of its own: %w", path, err)
	}
	return f, nil
}
