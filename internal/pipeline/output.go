package pipeline

// output refuses the keys of the output that nothing follows yet.
func (l *layouter) output() {
	o := &l.File.Output
	for _, key := range []struct {
		name string
		has  bool
	}{
		{"value", o.Value != nil}, {"key", o.HasKey}, {"headers", len(o.Headers) > 0}, {"for_each", o.ForEach != ""}, {"routes", len(o.Routes) > 0},
	} {
		if key.has {
			l.problems = append(l.problems, l.File.Errorf("output."+key.name, "is not there yet; remove the key"))
		}
	}
}
