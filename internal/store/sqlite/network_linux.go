package sqlite

import (
	"fmt"
	"syscall"
)

// Magic numbers of file systems that live on another machine, where the locks
// and the shared memory that SQLite needs do not hold (statfs(2)).
var networkFileSystems = map[uint32]string{0x6969: "NFS", 0x517B: "SMB", 0xFF534D42: "CIFS", 0xFE534D42: "SMB2", 0x01021997: "9P", 0x5346414F: "AFS"}

// refuseNetwork refuses a directory on a network file system.
func refuseNetwork(dir string) error {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return fmt.Errorf("sqlite: look at the data directory: %w", err)
	}
	if name, network := networkFileSystems[uint32(st.Type)]; network { //nolint:gosec // magic numbers are 32 bits wide
		return fmt.Errorf("sqlite: %s is on %s: a network file system loses SQLite's locks; use a local disk, or PostgreSQL", dir, name)
	}
	return nil
}
