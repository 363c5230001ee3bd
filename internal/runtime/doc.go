// Package runtime shows a run of a pipeline from outside: its metrics and its health, over HTTP.
package runtime
