// Package logattr makes attributes of log lines that several packages write.
package logattr

import (
	"log/slog"
	"time"
)

// Seconds returns d as a number of seconds, rounded to milliseconds.
// Duration.Seconds adds two floats: 3.704 s would be logged as 3.7039999999999997.
func Seconds(key string, d time.Duration) slog.Attr {
	return slog.Float64(key, Rounded(d))
}

// Rounded returns d in seconds, rounded to milliseconds.
func Rounded(d time.Duration) float64 {
	return float64(d.Round(time.Millisecond).Milliseconds()) / 1000
}
