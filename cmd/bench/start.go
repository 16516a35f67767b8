package main

import (
	"context"

	"switchboard/cmd/bench/internal/report"
	"switchboard/cmd/bench/internal/rig"
)

// start measures from the start of the process to the first 200 of /readyz.
func start(ctx context.Context, b *bench) ([]report.Figure, error) {
	var times []float64
	for range 2*b.rounds() - 1 {
		server, err := rig.Serve(ctx, rig.Options{Binary: b.binary, Dir: b.dir})
		if err != nil {
			return nil, err
		}
		times = append(times, server.Took.Seconds())
		if err := server.End(); err != nil {
			return nil, err
		}
	}
	return []report.Figure{{Name: "start to /readyz", Value: median(times), Unit: "s", Samples: times, Goal: report.AtMost(1)}}, nil
}
