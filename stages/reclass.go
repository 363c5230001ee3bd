package stages

import "errors"

// reclass gives the errors of a call, and of its keys, the classes that the backend's configuration has for their codes. It
// returns the error of the call as a whole: an error that is fatal for a key is fatal for all.
func reclass[K comparable, V any](classes map[string]Class, b *Batch[K, V], err error) error {
	if len(classes) == 0 {
		return err
	}
	err = classed(classes, err)
	for i, r := range b.results {
		if !b.settled[i] || r.State != Failed {
			continue
		}
		b.results[i].Err = classed(classes, r.Err)
		if err == nil && ClassOf(b.results[i].Err) == Fatal {
			err = b.results[i].Err
		}
	}
	return err
}

func classed(classes map[string]Class, err error) error {
	var coded interface{ Code() string }
	if !errors.As(err, &coded) {
		return err
	}
	if class, is := classes[coded.Code()]; is {
		return WithClass(err, class)
	}
	return err
}
