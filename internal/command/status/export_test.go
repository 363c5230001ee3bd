package status

import "time"

// ReportOpenAfter sets how long a transaction is open before it is reported.
func (r *Reader) ReportOpenAfter(d time.Duration) { r.openFor = d }
