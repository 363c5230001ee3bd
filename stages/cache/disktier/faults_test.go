package disktier_test

import (
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/logtest"
	"github.com/loaderline/loaderline/stages/cache/disktier"
)

// disk is a file system that can be made to fail.
type disk struct {
	fault atomic.Pointer[func(errorfs.Op) error]
}

func (d *disk) fail(f func(errorfs.Op) error) { d.fault.Store(&f) }
func (d *disk) heal()                         { d.fault.Store(nil) }

func (d *disk) fs() vfs.FS {
	return errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if f := d.fault.Load(); f != nil {
			return (*f)(op)
		}
		return nil
	}))
}

// full fails what needs room.
func full(op errorfs.Op) error {
	switch op.Kind {
	case errorfs.OpCreate, errorfs.OpFileWrite, errorfs.OpReuseForWrite, errorfs.OpFileSync, errorfs.OpFileSyncData:
		return syscall.ENOSPC
	default:
		return nil
	}
}

// dead fails everything that writes or reads.
func dead(op errorfs.Op) error {
	switch op.Kind {
	case errorfs.OpFileClose, errorfs.OpFilePreallocate:
		return nil
	default:
		return syscall.EIO
	}
}

func readOnly(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
		return syscall.EROFS
	}
	return nil
}

// logGone fails only the making of a new log, where Pebble panics.
func logGone(op errorfs.Op) error {
	if (op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpReuseForWrite) && strings.HasSuffix(op.Path, ".log") {
		return syscall.ENOENT
	}
	return nil
}

// tablesGone fails only the writing of what is sorted, in the background.
func tablesGone(op errorfs.Op) error {
	if op.Kind == errorfs.OpFileWrite && strings.HasSuffix(op.Path, ".sst") {
		return syscall.ENOSPC
	}
	return nil
}

// manifestGone fails only the list of files, where Pebble ends the process.
func manifestGone(op errorfs.Op) error {
	if (op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpFileSync) && strings.Contains(op.Path, "MANIFEST") {
		return syscall.ENOSPC
	}
	return nil
}

func TestDiskFailsWhileItIsUsed(t *testing.T) {
	for name, fault := range map[string]func(errorfs.Op) error{
		"full": full, "dead": dead, "read-only": readOnly, "no new log": logGone, "no tables": tablesGone, "no manifest": manifestGone,
	} {
		t.Run(name, func(t *testing.T) {
			var (
				d   disk
				log logtest.Buffer
				dir = t.TempDir()
				cfg = disktier.Config{Dir: dir, Memory: 8 << 20, Logger: log.Logger(slog.LevelDebug)}
			)
			tier, err := disktier.OpenOn(cfg, d.fs(), 10*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			set(t, tier, "old", "value")
			expect(t, tier, "old", "value")
			if err := tier.SavePositions(t.Context(), []cachetier.Position{{Topic: "changes", Offset: 7}}); err != nil {
				t.Fatal(err)
			}
			d.fail(fault)
			keys, entries := sequence(5000)
			eventually(t, "the disk is given up", func() bool {
				tier.Set(t.Context(), space, keys, entries)
				return tier.Stats().Failures > 0
			})
			tier.Invalidate(t.Context(), space, []string{"old"})
			expect(t, tier, "old", "")
			d.heal()
			eventually(t, "the disk is used again", func() bool {
				set(t, tier, "new", "value")
				return value(t, tier, "new") == "value"
			})
			expect(t, tier, "old", "")
			if positions, err := tier.Positions(t.Context()); err != nil || len(positions) > 0 {
				t.Errorf("positions %v, %v in a tier that is new", positions, err)
			}
			if log.Count("level=WARN") == 0 || log.Count("is in use again") == 0 {
				t.Error("the log says nothing of it")
			}
			closed(t, tier)
			again := open(t, disktier.Config{Dir: dir})
			defer closed(t, again)
			expect(t, again, "old", "")
			expect(t, again, "new", "value")
		})
	}
}

// TestUnwrittenInvalidationOutlivesTheProcess: what could not be told to a disk is not in it at the next start.
func TestUnwrittenInvalidationOutlivesTheProcess(t *testing.T) {
	for name, fault := range map[string]func(errorfs.Op) error{"full": full, "dead": dead, "read-only": readOnly} {
		t.Run(name, func(t *testing.T) {
			var d disk
			dir := t.TempDir()
			tier, err := disktier.OpenOn(disktier.Config{Dir: dir}, d.fs(), time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			set(t, tier, "old", "value")
			if err := tier.SavePositions(t.Context(), []cachetier.Position{{Topic: "changes", Offset: 7}}); err != nil {
				t.Fatal(err)
			}
			d.fail(fault)
			tier.Invalidate(t.Context(), space, []string{"old"})
			expect(t, tier, "old", "")
			if err := tier.SavePositions(t.Context(), []cachetier.Position{{Topic: "changes", Offset: 8}}); err == nil {
				t.Error("a position was kept that stands for an invalidation which is not")
			}
			if err := tier.Clear(t.Context()); err != nil {
				t.Errorf("clear: %v", err)
			}
			// As after a kill: the folder is looked at as it is now.
			again := open(t, disktier.Config{Dir: copied(t, dir)})
			expect(t, again, "old", "")
			closed(t, again)
			closed(t, tier)
		})
	}
}

// TestHungDisk: nobody waits for a disk that does not answer any more, and late writes do not undo invalidations.
func TestHungDisk(t *testing.T) {
	var d disk
	hang := make(chan struct{})
	tier, err := disktier.OpenOn(disktier.Config{Dir: t.TempDir(), Memory: 8 << 20}, d.fs(), 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	d.fail(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			<-hang
		}
		return nil
	})
	keys, entries := sequence(5000)
	for tier.Stats().Refused == 0 {
		tier.Set(t.Context(), space, keys, entries)
	}
	refused := tier.Stats().Refused
	set(t, tier, "late", "value")
	if tier.Stats().Refused != refused+1 {
		t.Error("an entry is taken although another is waited for")
	}
	close(hang)
	d.heal()
	eventually(t, "the disk is used again", func() bool {
		set(t, tier, "new", "value")
		return value(t, tier, "new") == "value"
	})
	closed(t, tier)
}

func TestCorruptBlockIsNotServed(t *testing.T) {
	var d disk
	tier, err := disktier.OpenOn(disktier.Config{Dir: t.TempDir(), Memory: 8 << 20}, d.fs(), 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, tier)
	fill(t, tier, 50_000)
	d.fail(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileReadAt || op.Kind == errorfs.OpFileRead {
			return errors.New("this block is corrupt")
		}
		return nil
	})
	eventually(t, "the disk is given up", func() bool {
		hits(t, tier, []string{benchKey(1), benchKey(2), benchKey(10_000)})
		return tier.Stats().Failures > 0
	})
	d.heal()
	eventually(t, "the disk is used again", func() bool {
		set(t, tier, "new", "value")
		return value(t, tier, "new") == "value"
	})
}
