package schedule

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

func TestPrune(t *testing.T) {
	h := newHouse(t)
	var people []int
	for n := range pruneAtOnce + 5 {
		people = append(people, n+1)
	}
	h.put(people...)
	h.run(nil)
	h.clock.Advance(29 * 24 * time.Hour)
	h.put(9999)
	h.run(nil)
	h.clock.Advance(2 * 24 * time.Hour)
	for keep, want := range map[time.Duration]int{0: pruneAtOnce + 6, 30 * 24 * time.Hour: 1} {
		for _, s := range (Housekeeping{Store: h.db, Done: keep, Now: h.clock.Now}).Steps() {
			if err := s.Once(background); err != nil {
				t.Fatal(err)
			}
		}
		if keep == 0 {
			continue
		}
		c, err := h.db.Count(background, env)
		if err != nil || c.Ops[store.OpDone] != want {
			t.Errorf("keep %v: %+v %v", keep, c, err)
		}
	}
}

func TestOldJobRowsOfOurs(t *testing.T) {
	h := newHouse(t)
	h.crm.page = 200
	old, young := 91*24*time.Hour, 89*24*time.Hour
	for n := 1; n <= rowsAtOnce+50; n++ {
		h.job(n, old, map[string]any{"dh_madebyconnector": true, "statuscode": schema.JobCompleted})
	}
	h.job(1001, young, map[string]any{"dh_madebyconnector": true})
	h.job(1002, old, nil) // a person's
	h.step("prune_job_rows")
	if left := h.crm.ids("dh_spotlerjobs"); !slices.Equal(left, []connector.RecordID{ID(1001), ID(1002)}) {
		t.Errorf("%d rows are left", len(left))
	}
	if n := h.crm.requests("POST $batch"); n != 2 {
		t.Errorf("%d batches", n)
	}
}

func TestAJobRowThatCannotBeDeleted(t *testing.T) {
	h := newHouse(t)
	for n := 1; n <= rowsAtOnce; n++ {
		h.job(n, 91*24*time.Hour, map[string]any{"dh_madebyconnector": true})
		h.crm.keep[ID(n)] = n == 5
	}
	if err := h.try("prune_job_rows"); !errors.Is(err, fault.Denied) {
		t.Error(err)
	}
	if left := h.crm.ids("dh_spotlerjobs"); len(left) != 1 || h.crm.requests("POST $batch") != 1 {
		t.Errorf("%v, %d batches", left, h.crm.requests("POST $batch"))
	}
}

func TestJobRowsForever(t *testing.T) {
	h := newHouse(t)
	h.Keep.JobRows = 0
	h.job(1, 1000*24*time.Hour, map[string]any{"dh_madebyconnector": true})
	h.step("prune_job_rows")
	if len(h.crm.ids("dh_spotlerjobs")) != 1 || len(h.crm.asked) != 0 {
		t.Error(h.crm.asked)
	}
}

func backupOnce(t *testing.T, h Housekeeping) error {
	t.Helper()
	for _, s := range h.Steps() {
		if s.Name == "backup" {
			return s.Once(background)
		}
	}
	t.Fatal("no step backup")
	return nil
}

func TestBackup(t *testing.T) {
	h := newHouse(t)
	dir := t.TempDir()
	for _, other := range []string{"connector.db", "backup-mine.db", "backup-20200101T000000Z.db.part"} {
		if err := os.WriteFile(filepath.Join(dir, other), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keeping := Housekeeping{Store: h.db, Folder: dir, Now: h.clock.Now}
	for day := range 5 {
		for range 3 { // once a day, however often it is asked
			if err := backupOnce(t, keeping); err != nil {
				t.Fatal(err)
			}
			h.clock.Advance(time.Hour)
		}
		h.clock.Advance(22 * time.Hour)
		have, err := backups(dir)
		if err != nil || len(have) != min(day+1, backupsKept) {
			t.Fatalf("day %d: %v %v", day, have, err)
		}
	}
	have, _ := backups(dir)
	info, err := os.Stat(filepath.Join(dir, have[2]))
	if err != nil || info.Size() == 0 || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	for _, other := range []string{"connector.db", "backup-mine.db"} {
		if _, err := os.Stat(filepath.Join(dir, other)); err != nil {
			t.Error(err)
		}
	}
}

// archive is a store of another kind, or one in trouble.
type archive struct {
	name string
	err  error
}

func (a archive) Name() string                                       { return a.name }
func (a archive) Prune(context.Context, time.Time, int) (int, error) { return 0, a.err }
func (a archive) PutDue(context.Context, int) (int, error)           { return 0, a.err }
func (a archive) Backup(_ context.Context, path string) error {
	_ = os.WriteFile(path, []byte("half"), 0o600)
	return a.err
}

func TestBackupInTrouble(t *testing.T) {
	dir := t.TempDir()
	full := errors.New("database or disk is full")
	if err := backupOnce(t, Housekeeping{Store: archive{"sqlite", full}, Folder: dir}); !errors.Is(err, full) {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("half a backup stayed: %v %v", left, err)
	}
	for _, quiet := range []Housekeeping{{Store: archive{"postgres", full}, Folder: dir}, {Store: archive{"sqlite", full}}} {
		if err := backupOnce(t, quiet); err != nil {
			t.Error(err)
		}
	}
	inTheWay := filepath.Join(dir, "file")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := backupOnce(t, Housekeeping{Store: archive{"sqlite", nil}, Folder: filepath.Join(inTheWay, "backups")}); err == nil {
		t.Error("a folder that cannot be made")
	}
}
