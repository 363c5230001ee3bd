package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/bench"
)

// choose returns the shapes to run, with the processors to run in them.
func (s *settings) choose(all []bench.Shape, names []string) ([]bench.Shape, error) {
	shapes, err := named("shape", all, s.shapes, func(shape bench.Shape) string { return shape.Name })
	if err != nil {
		return nil, err
	}
	var processors []bench.Processor
	for _, shape := range shapes {
		processors = append(processors, shape.Processors...)
	}
	name := func(p bench.Processor) string { return p.Name }
	if _, err := named("processor in these shapes", processors, names, name); err != nil {
		return nil, err
	}
	var customs []bench.Processor
	for _, text := range s.commands {
		p, err := custom(text)
		if err != nil {
			return nil, err
		}
		customs = append(customs, p)
	}
	for i := range shapes {
		own := slices.DeleteFunc(slices.Clone(shapes[i].Processors), func(p bench.Processor) bool {
			return len(names) > 0 && !slices.Contains(names, p.Name)
		})
		shapes[i].Processors = slices.Concat(own, customs)
	}
	return slices.DeleteFunc(shapes, func(shape bench.Shape) bool { return len(shape.Processors) == 0 }), nil
}

// known returns the shapes that can be chosen. Those that need Java and Maven run only where they are named.
func (s *settings) known(programs bench.Programs, peers bench.Peers) []bench.Shape {
	all := bench.Shapes(programs)
	if len(s.shapes) == 0 {
		return all
	}
	return slices.Concat(all, bench.PeerShapes(programs, peers))
}

// needPeers reports whether one of the shapes is beside Flink and Kafka Streams.
func needPeers(shapes []bench.Shape) bool {
	return slices.ContainsFunc(bench.PeerShapes(bench.Programs{}, ""), func(beside bench.Shape) bool {
		return slices.ContainsFunc(shapes, func(shape bench.Shape) bool { return shape.Name == beside.Name })
	})
}

// named returns those of all that have one of the names, or all where there are no names.
func named[T any](what string, all []T, names []string, nameOf func(T) string) (chosen []T, err error) {
	var known []string
	for _, one := range all {
		known = append(known, nameOf(one))
		if len(names) == 0 || slices.Contains(names, nameOf(one)) {
			chosen = append(chosen, one)
		}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			slices.Sort(known)
			return nil, fmt.Errorf("there is no %s named %q: want some of %s", what, name, strings.Join(slices.Compact(known), ", "))
		}
	}
	return chosen, nil
}

// custom returns the processor that --command names.
func custom(text string) (bench.Processor, error) {
	name, command, ok := strings.Cut(text, "=")
	if !ok || name == "" || strings.TrimSpace(command) == "" {
		return bench.Processor{}, fmt.Errorf("--command %q: want NAME=COMMAND ARG", text)
	}
	return bench.Processor{Name: name, Command: strings.Fields(command)}, nil
}
