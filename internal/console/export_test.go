package console

import "io"

// NewVisible is what a console writes to a terminal through.
func NewVisible(to io.Writer, escape string) io.Writer { return &visible{to: to, escape: escape} }
