package consumer

import "github.com/loaderline/loaderline/internal/secret"

// Secret is a password that formatting, logging and marshalling replace with a placeholder. Only string(s) returns its
// value.
type Secret = secret.Text
