// Package disktier adds the cache on disk to the programs that import it: cache.disk of a pipeline file.
package disktier

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages/cache/disktier"
)

// maxParts bounds the processes of one pipeline that share a folder.
const maxParts = 1000

func init() { pipeline.RegisterDiskTier(open) }

func open(ctx context.Context, disk *pipelinefile.Disk, folder string, log *slog.Logger) cachetier.Disk {
	for n := 1; n <= maxParts; n++ {
		dir := filepath.Join(folder, strconv.Itoa(n))
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
