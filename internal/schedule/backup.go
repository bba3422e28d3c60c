package schedule

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	backupEvery  = 24 * time.Hour
	backupsKept  = 3
	backupPrefix = "backup-"
	backupStamp  = "20060102T150405Z"
	backupSuffix = ".db"
)

// backup copies a SQLite database when the newest copy is a day old, and keeps the
// newest three. A copy has its name only when it is complete.
func (h Housekeeping) backup(ctx context.Context) error {
	if h.Folder == "" || h.Store.Name() != "sqlite" {
		return nil
	}
	if err := os.MkdirAll(h.Folder, 0o700); err != nil {
		return fmt.Errorf("schedule: make the folder of backups: %w", err)
	}
	have, err := backups(h.Folder)
	if err != nil {
		return err
	}
	now := h.Now().UTC()
	if len(have) > 0 {
		last, err := time.Parse(backupStamp, stampOf(have[len(have)-1]))
		if err == nil && now.Sub(last) < backupEvery && !last.After(now) {
			return nil
		}
	}
	name := filepath.Join(h.Folder, backupPrefix+now.Format(backupStamp)+backupSuffix)
	if err := h.copyTo(ctx, name); err != nil {
		return err
	}
	have = append(have, filepath.Base(name))
	slices.Sort(have)
	for len(have) > backupsKept {
		if err := os.Remove(filepath.Join(h.Folder, have[0])); err != nil {
			return fmt.Errorf("schedule: remove an old backup: %w", err)
		}
		have = have[1:]
	}
	return nil
}

// copyTo writes the copy under another name first.
func (h Housekeeping) copyTo(ctx context.Context, name string) error {
	half := name + ".part"
	if err := os.Remove(half); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("schedule: backup: %w", err)
	}
	if err := h.Store.Backup(ctx, half); err != nil {
		_ = os.Remove(half) // what is left of it is good for nothing
		return err
	}
	if err := os.Chmod(half, 0o600); err != nil {
		return fmt.Errorf("schedule: backup: %w", err)
	}
	if err := os.Rename(half, name); err != nil {
		return fmt.Errorf("schedule: backup: %w", err)
	}
	return nil
}

// backups lists the complete copies in a folder, oldest first.
func backups(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("schedule: look at the backups: %w", err)
	}
	var out []string
	for _, e := range entries {
		n := e.Name()
		if _, err := time.Parse(backupStamp, stampOf(n)); err == nil && strings.HasPrefix(n, backupPrefix) && strings.HasSuffix(n, backupSuffix) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

func stampOf(name string) string {
	return strings.TrimSuffix(strings.TrimPrefix(name, backupPrefix), backupSuffix)
}
