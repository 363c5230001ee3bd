// Package pebblestore has what stores on Pebble need to survive: a directory that one process claims, and a file system whose failures
// do not end the process.
package pebblestore
