package doctest_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// checkCompose finds mistakes in a Compose file that its schema cannot find. Docker Compose refuses some of them, and others
// break a rule of this repository.
func checkCompose(f composeFile) error {
	var mistakes []error
	for name, service := range f.Services {
		for _, check := range []func(composeFile) error{
			service.checkWords, service.checkReferences, service.checkMounts, service.checkImage, service.checkPorts,
		} {
			if err := check(f); err != nil {
				mistakes = append(mistakes, fmt.Errorf("services.%s: %w", name, err))
			}
		}
	}
	return errors.Join(append(mistakes, f.checkOrder())...)
}

// checkOrder starts each service after the ones that it depends on.
func (f composeFile) checkOrder() error {
	waiting := maps.Clone(f.Services)
	for len(waiting) > 0 {
		before := len(waiting)
		maps.DeleteFunc(waiting, func(_ string, service composeService) bool {
			return !slices.ContainsFunc(composeNames(service.DependsOn), func(other string) bool {
				_, exists := f.Services[other]
				_, waits := waiting[other]
				return waits || !exists
			})
		})
		if len(waiting) == before {
			return fmt.Errorf("services %v depend on each other or on a service that does not exist", slices.Sorted(maps.Keys(waiting)))
		}
	}
	return nil
}

var memorySize = regexp.MustCompile(`(?i)^([0-9]+([kmgtp]i?)?b?)?$`)

// checkWords holds texts whose form the schema leaves open.
func (s composeService) checkWords(composeFile) error {
	if !memorySize.MatchString(s.MemLimit) {
		return fmt.Errorf("mem_limit: %q is no size", s.MemLimit)
	}
	if test := s.Healthcheck.Test; len(test) > 0 && !slices.Contains([]string{"CMD", "CMD-SHELL", "NONE"}, test[0]) {
		return fmt.Errorf("healthcheck.test: begins with %q, want CMD, CMD-SHELL or NONE", test[0])
	}
	return nil
}

func (s composeService) checkReferences(f composeFile) error {
	for _, kind := range []struct {
		name     string
		to, have any
	}{{"network", s.Networks, f.Networks}, {"secret", s.Secrets, f.Secrets}, {"config", s.Configs, f.Configs}} {
		for _, name := range composeNames(kind.to) {
			if !slices.Contains(composeNames(kind.have), name) && (kind.name != "network" || name != "default") {
				return fmt.Errorf("there is no %s %s", kind.name, name)
			}
		}
	}
	return nil
}

// composeNames are the items of a list, or the keys of a mapping.
func composeNames(v any) []string {
	switch v := v.(type) {
	case map[string]any:
		return slices.Collect(maps.Keys(v))
	case []any:
		all := make([]string, 0, len(v))
		for _, item := range v {
			if long, ok := item.(map[string]any); ok {
				item = long["source"]
			}
			all = append(all, fmt.Sprint(item))
		}
		return all
	default:
		return nil
	}
}

// checkMounts wants another target for each mount. The source of a volume has to exist, and the
// service must not write to it.
func (s composeService) checkMounts(composeFile) error {
	targets := map[string]bool{}
	for _, mount := range s.Tmpfs {
		target, _, _ := strings.Cut(mount, ":")
		if targets[target] {
			return fmt.Errorf("two mounts at %s", target)
		}
		targets[target] = true
	}
	for _, volume := range s.Volumes {
		if targets[volume.Target] {
			return fmt.Errorf("two mounts at %s", volume.Target)
		}
		targets[volume.Target] = true
		if !volume.ReadOnly {
			return fmt.Errorf("volume %s: want it to be read-only", volume.Source)
		}
		if _, err := os.Stat(filepath.Join(root, volume.Source)); err != nil {
			return fmt.Errorf("volume %s: %w", volume.Source, err)
		}
	}
	return nil
}

func (s composeService) checkImage(composeFile) error {
	switch {
	case s.Build != nil:
		return nil
	case s.Image == "":
		return errors.New("neither an image nor a build")
	case !strings.Contains(s.Image, ":"):
		return fmt.Errorf("image %q has no version", s.Image)
	default:
		return nil
	}
}

var localPort = regexp.MustCompile(`^127\.0\.0\.1:[0-9]+:[0-9]+$`)

func (s composeService) checkPorts(composeFile) error {
	for _, port := range s.Ports {
		if !localPort.MatchString(port) {
			return fmt.Errorf("port %s: want 127.0.0.1:PORT:PORT, for it to be closed to other hosts", port)
		}
	}
	return nil
}
