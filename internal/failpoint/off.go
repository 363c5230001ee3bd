//go:build !failpoint

package failpoint

// Enabled says whether this build can be stopped.
const Enabled = false

// Hit does nothing.
func Hit(Point) {}
