package pipeline

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/privatedir"
)

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// OpenDisk opens the file's cache on disk: under the pipeline's name, the first numbered part that no other process
// has. Where there is none, or it cannot be used, the answer is nil; the latter is logged, since a pipeline can do
// without. Whoever opened it closes it.
func OpenDisk(ctx context.Context, file *pipelinefile.File, log *slog.Logger) cachetier.Disk {
	disk := file.Cache.Disk
	if disk == nil {
		return nil
	}
	err := CheckDisk(file)
	if err == nil && openDiskTier == nil {
		err = notLinked(file, diskSection, diskWords)
	}
	if err != nil {
		log.LogAttrs(ctx, slog.LevelWarn, "continuing without the disk cache", slog.String("dir", disk.Path), slog.Any("error", err))
		return nil
	}
	return openDiskTier(ctx, disk, filepath.Join(disk.Path, FolderName(file.Name)), log)
}

// CheckDisk returns an error if a run would not use the folder of the file's cache on disk, because another user could
// put something into it. It creates nothing.
func CheckDisk(file *pipelinefile.File) error {
	disk := file.Cache.Disk
	if disk == nil {
		return nil
	}
	own := filepath.Join(disk.Path, FolderName(file.Name))
	if err := privatedir.Check(disk.Path); err != nil {
		return err
	}
	return privatedir.CheckAll(own)
}

// FolderName is the pipeline's name, or a hash of one that cannot be a folder's.
func FolderName(pipeline string) string {
	if plainName.MatchString(pipeline) {
		return pipeline
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(pipeline)))[:32]
}
