package consumer

import "github.com/loaderline/loaderline/internal/secret"

// Secret is a password that does not show itself: formatting, logging and
// marshalling give a placeholder. string(s) is the only way to its value.
type Secret = secret.Text
