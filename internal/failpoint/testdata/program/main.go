// Command program passes a point.
package main

import "github.com/loaderline/loaderline/internal/failpoint"

func main() {
	failpoint.Hit(failpoint.AfterPoll)
	println("passed")
}
