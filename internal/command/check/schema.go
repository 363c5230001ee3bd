package check

import "github.com/loaderline/loaderline/internal/codec"

// outputSchema reports a schema of outputs, and what the registry says of it.
func (c Check) outputSchema(s codec.Checked) {
	f := Finding{What: "schema", Name: s.Subject, OK: s.Err == nil, Schema: s.Schema.Text(), Err: s.Err}
	if f.Name == "" {
		f.Name = s.Schema.Name
	}
	switch {
	case s.Err != nil:
		f.Detail = detail(s.Err)
	case s.Registered:
		f.Detail = "registered"
	case s.Subject == "":
		f.Detail = "used as it is"
	default:
		f.Detail = "compatible; a run registers it"
	}
	c.Report(f)
}
