package sqlite

import (
	"fmt"
	"os"
)

// takeLock makes this process the only owner of the database file: a file that
// is open for exclusive creation cannot be removed while it is open.
func takeLock(path string) (*os.File, error) {
	_ = os.Remove(path) // fails while another process has it open
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite: another spotler-connector uses this data directory (%s exists): stop it first: %w", path, err)
	}
	return f, nil
}
