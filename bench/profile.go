package bench

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/pprof/profile"
)

// Profiled returns the shapes in which a profile is recorded that releases are built with: loaderline, the binary at
// path, alone, with popular keys, with keys that hardly repeat, and with all rows in the cache.
func Profiled(path string) []Shape {
	shape := func(name, text string, uniform, preload bool) Shape {
		return Shape{Name: name, Text: text, Uniform: uniform, Processors: []Processor{
			Loaderline(path, LoaderlineOptions{Preload: preload, Profile: true}),
		}}
	}
	return []Shape{
		shape("zipf", "a profile of few users with most of the events", false, false),
		shape("uniform", "a profile of users that are equally likely", true, false),
		shape("warm", "a profile with all users cached before the first event", false, true),
	}
}

// profileSuffix follows the path of a process's own file in the name of its profile.
const profileSuffix = ".pprof"

// Profile writes to w what a compiler reads of the CPU profiles that processes recorded so far, in one. It names no file
// and no machine.
func (b *Bench) Profile(w io.Writer) error {
	paths, err := filepath.Glob(filepath.Join(b.dir, "*"+profileSuffix))
	if err != nil {
		return err
	}
	var recorded []*profile.Profile
	for _, path := range paths {
		p, err := readProfile(path)
		if err != nil {
			return err
		}
		recorded = append(recorded, p)
	}
	merged, err := mergeProfiles(recorded)
	if err != nil {
		return err
	}
	return merged.Write(w)
}

func readProfile(path string) (_ *profile.Profile, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	p, err := profile.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("profile %s: %w", path, err)
	}
	return p, nil
}

// mergeProfiles returns one profile with only what a compiler reads: stacks of functions, lines in them, and how often each
// was seen. It changes the recorded ones.
func mergeProfiles(recorded []*profile.Profile) (*profile.Profile, error) {
	for _, p := range recorded {
		p.Mapping, p.Comments, p.DocURL = nil, nil, ""
		p.TimeNanos, p.DurationNanos = 0, 0
		for _, l := range p.Location {
			l.Mapping, l.Address = nil, 0
		}
		for _, f := range p.Function {
			f.Filename = ""
		}
		for _, s := range p.Sample {
			s.Label, s.NumLabel, s.NumUnit = nil, nil, nil
		}
	}
	merged, err := profile.Merge(recorded) // Without addresses and labels many samples are one.
	if err != nil {
		return nil, fmt.Errorf("merging %d profiles: %w", len(recorded), err)
	}
	if len(merged.Sample) == 0 {
		return nil, errors.New("the profiles are empty: run more events")
	}
	return merged, nil
}
