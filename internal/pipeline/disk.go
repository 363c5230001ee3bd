package pipeline

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/privatedir"
	"github.com/loaderline/loaderline/stages/cache/disktier"
)

// maxParts bounds the processes of one pipeline that share a folder.
const maxParts = 1000

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// OpenDisk opens the file's cache on disk: under the pipeline's name, the first numbered part that no other process
// has. Where there is none, or it cannot be used, the answer is nil; the latter is logged, since a pipeline can do
// without. Whoever opened it closes it.
func OpenDisk(ctx context.Context, file *pipelinefile.File, log *slog.Logger) cachetier.Disk {
	disk := file.Cache.Disk
	if disk == nil {
		return nil
	}
	if err := CheckDisk(file); err != nil {
		log.LogAttrs(ctx, slog.LevelWarn, "continuing without the disk cache", slog.String("dir", disk.Path), slog.Any("error", err))
		return nil
	}
	for n := 1; n <= maxParts; n++ {
		dir := filepath.Join(disk.Path, folderName(file.Name), strconv.Itoa(n))
		opened, err := disktier.Open(disktier.Config{Dir: dir, MaxBytes: disk.MaxBytes, Memory: disk.Memory, Logger: log})
		if errors.Is(err, disktier.ErrHeld) {
			continue
		}
		if err != nil {
			log.LogAttrs(ctx, slog.LevelWarn, "continuing without the disk cache", slog.String("dir", dir), slog.Any("error", err))
			return nil
		}
		tier := cachetier.Of(opened).(cachetier.Disk)
		log.LogAttrs(ctx, slog.LevelInfo, "disk cache opened", slog.String("dir", dir), slog.Int64("bytes", tier.Stats().Bytes))
		return tier
	}
	log.LogAttrs(ctx, slog.LevelWarn, "continuing without the disk cache: other processes use all of its subfolders", slog.String("dir", disk.Path))
	return nil
}

// CheckDisk returns an error if a run would not use the folder of the file's cache on disk, because another user could
// put something into it. It creates nothing.
func CheckDisk(file *pipelinefile.File) error {
	disk := file.Cache.Disk
	if disk == nil {
		return nil
	}
	own := filepath.Join(disk.Path, folderName(file.Name))
	if err := privatedir.Check(disk.Path); err != nil {
		return err
	}
	return privatedir.CheckAll(own)
}

// folderName is the pipeline's name, or a hash of one that cannot be a folder's.
func folderName(pipeline string) string {
	if plainName.MatchString(pipeline) {
		return pipeline
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(pipeline)))[:32]
}
