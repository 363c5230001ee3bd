package main

import (
	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/safeerr"
)

// withoutKeys is an error of a run. It goes where the log goes, so it leaves out what a source said about keys.
func withoutKeys(err error, words []string) error {
	if !cli.Is[*loaderr.FatalError](err) && !cli.Is[*loaderr.OutageError](err) && !cli.Is[*loaderr.KeyError](err) {
		return err
	}
	return &cli.ReportedError{Text: safeerr.NewWords(words...).Text(err.Error()), Err: err}
}
