// Package keyclone copies keys that are kept for long, so that they do not hold on to the larger buffer that they are part of.
package keyclone

import (
	"reflect"
	"strings"
	"unsafe"
)

// For returns the function that copies a key: the bytes of a string, of whatever name its type is, and nothing of other keys.
func For[K comparable]() func(K) K {
	if reflect.TypeFor[K]().Kind() != reflect.String {
		return func(key K) K { return key }
	}
	return func(key K) K {
		text := strings.Clone(*(*string)(unsafe.Pointer(&key))) // K is a string by another name.
		return *(*K)(unsafe.Pointer(&text))
	}
}
