package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchboard/cmd/bench/internal/ceiling"
	"switchboard/cmd/bench/internal/load"
	"switchboard/cmd/bench/internal/report"
	"switchboard/cmd/bench/internal/rig"
	"switchboard/stream/embedded"
)

// intakePeople is how many people the messages of intake rows are from.
const intakePeople = 2000

// A contest is an intake row: Switchboard's gateway against a bare handler.
type contest struct {
	name  string // of the figures
	kind  string // the bare handler: rig.ChildSignature or rig.ChildFranz
	what  string
	sync  bool // the log is fsynced
	goals map[int]float64
}

func intakeWritten(ctx context.Context, b *bench) ([]report.Figure, error) {
	return b.compete(ctx, contest{
		name: "intake", kind: rig.ChildSignature, what: "bare Fiber, signature only", goals: map[int]float64{64: .33, 256: .50},
	})
}

func intakeSynced(ctx context.Context, b *bench) ([]report.Figure, error) {
	return b.compete(ctx, contest{
		name: "intake, fsynced", kind: rig.ChildFranz, what: "bare Fiber and franz-go", sync: true, goals: map[int]float64{64: 1.5, 256: 1.8},
	})
}

// compete runs the two in turns, so that what else happens on the machine meets both.
func (b *bench) compete(ctx context.Context, c contest) ([]report.Figure, error) {
	var figures []report.Figure
	for _, connections := range []int{64, 256} {
		var ours, bares, ratios, cpus, bareCPUs []float64
		var most rig.Memory
		note := ""
		for round := range b.rounds() {
			what := fmt.Sprintf("%s, %d connections, round %d", c.name, connections, round+1)
			bare, err := b.bareIntake(ctx, what+", bare handler", c, connections)
			if err != nil {
				return figures, err
			}
			gateway, err := b.gatewayIntake(ctx, what+", gateway", c, connections)
			if err != nil {
				return figures, err
			}
			ours, bares = append(ours, gateway.rate), append(bares, bare.rate)
			ratios, cpus = append(ratios, gateway.rate/bare.rate), append(cpus, gateway.cpu)
			bareCPUs = append(bareCPUs, bare.cpu)
			if gateway.memory.Peak > most.Peak {
				most = gateway.memory
			}
			if gateway.note != "" {
				note = gateway.note
			}
		}
		name := fmt.Sprintf("%s, %d connections", c.name, connections)
		figures = append(figures,
			report.Figure{
				Name: name, Value: median(ours), Unit: "/s", Samples: ours, Ratio: median(ratios), Note: note,
				Ceiling: &report.Ceiling{What: c.what, Value: median(bares)}, Goal: report.RatioAtLeast(c.goals[connections]),
			},
			report.Figure{
				Name: name + ": gateway CPU per 1,000", Value: median(cpus), Unit: "ms", Samples: cpus, Goal: report.AtMost(20),
				Ceiling: &report.Ceiling{What: c.what, Value: median(bareCPUs)},
			},
			report.Figure{Name: name + ": gateway memory, peak", Value: mebibytes(most.Peak), Unit: "MiB", Goal: report.AtMost(40), Note: pages(most)})
	}
	return figures, nil
}

// A saturation is what a server did when as much came as it could take.
type saturation struct {
	rate float64 // accepted in a second
	cpu  float64 // ms of the server for 1,000
	note string

	memory rig.Memory
}

// A broker the benchmark brings, and what must be stopped after it is no longer used.
func (b *bench) broker(ctx context.Context, sync bool, partitions int) (*rig.Child, error) {
	dir, err := b.scratch("log-")
	if err != nil {
		return nil, err
	}
	return rig.StartChild(ctx, rig.ChildBroker, b.dir, rig.ChildSettings{Dir: dir, Sync: sync, Partitions: partitions})
}

// shape is how many partitions a log has that webhooks are posted to: a cluster's, or when every batch is fsynced the embedded
// log's, because that is the one which fsyncs. It does so for one partition after the other.
func shape(sync bool) int {
	if sync {
		return embedded.DefaultPartitions
	}
	return ceiling.Partitions
}

func (b *bench) bareIntake(ctx context.Context, what string, c contest, connections int) (s saturation, err error) {
	settings := rig.ChildSettings{}
	if c.kind == rig.ChildFranz {
		broker, failed := b.broker(ctx, c.sync, shape(c.sync))
		if failed != nil {
			return s, failed
		}
		defer func() { err = errors.Join(err, b.drop(broker)) }()
		settings.Brokers = broker.Addr
	}
	bare, err := rig.StartChild(ctx, c.kind, b.dir, settings)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, bare.Stop()) }()
	return b.saturate(ctx, what, bare.Process, bare.Addr, connections)
}

func (b *bench) gatewayIntake(ctx context.Context, what string, c contest, connections int) (s saturation, err error) {
	broker, err := b.broker(ctx, c.sync, shape(c.sync))
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, b.drop(broker)) }()
	server, err := rig.Serve(ctx, rig.Options{Binary: b.binary, Dir: b.dir, Roles: "gateway", Brokers: broker.Addr})
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, server.End()) }()
	wait := b.profile(ctx, server, fmt.Sprintf("%s-%d", c.name, connections), b.saturateTime())
	s, err = b.saturate(ctx, what, server.Process, server.Addr, connections)
	return s, errors.Join(err, wait())
}

func (b *bench) saturateTime() time.Duration { return b.long(6*time.Second, 2*time.Second) }

func (b *bench) saturate(ctx context.Context, what string, p *rig.Process, address string, connections int) (saturation, error) {
	spec := load.Spec{Address: address, Connections: connections, Contacts: intakePeople, Warmup: time.Second, Duration: b.saturateTime()}
	var before time.Duration
	var failed error
	result, err := b.load(ctx, what, spec, func() { before, failed = p.CPU() })
	if err := errors.Join(err, failed); err != nil {
		return saturation{}, err
	}
	after, err := p.CPU()
	if err != nil {
		return saturation{}, err
	}
	memory, err := p.Memory()
	if err != nil {
		return saturation{}, err
	}
	s := saturation{rate: result.Measured.PerSecond(), memory: memory, note: unclean(result)}
	if result.Measured.Accepted == 0 {
		return s, fmt.Errorf("%s: nothing was accepted: %s", what, s.note)
	}
	s.cpu = float64((after - before).Milliseconds()) / float64(result.Measured.Accepted) * 1000
	return s, nil
}

// answer measures what a sender waits at a rate that is not the server's to choose.
func answer(ctx context.Context, b *bench) ([]report.Figure, error) {
	var figures []report.Figure
	floor, err := b.floor(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range []struct {
		sync     bool
		name     string
		p50, p99 float64
	}{{false, "answer, log not fsynced", .6, 1.2}, {true, "answer, every batch fsynced", 1.2, 5}} {
		result, err := b.answerTimes(ctx, c.name, c.sync)
		if err != nil {
			return figures, err
		}
		times, bare := result.Measured.Answer, "bare Fiber, signature only"
		figures = append(figures,
			report.Figure{
				Name: c.name + ", p50", Value: times.P50, Unit: "ms", Goal: report.AtMost(c.p50),
				Ceiling: &report.Ceiling{What: bare, Value: floor.P50}, Note: unclean(result),
			},
			report.Figure{Name: c.name + ", p99", Value: times.P99, Unit: "ms", Goal: report.AtMost(c.p99), Ceiling: &report.Ceiling{What: bare, Value: floor.P99}})
	}
	return figures, nil
}

func (b *bench) pacedSpec(address string) load.Spec {
	return load.Spec{Address: address, Connections: 64, Contacts: intakePeople, Rate: 2750, Warmup: time.Second, Duration: b.long(20*time.Second, 3*time.Second)}
}

func (b *bench) floor(ctx context.Context) (_ load.Times, err error) {
	bare, err := rig.StartChild(ctx, rig.ChildSignature, b.dir, rig.ChildSettings{})
	if err != nil {
		return load.Times{}, err
	}
	defer func() { err = errors.Join(err, bare.Stop()) }()
	result, err := b.load(ctx, "answer, bare handler", b.pacedSpec(bare.Addr), func() {})
	return result.Measured.Answer, err
}

func (b *bench) answerTimes(ctx context.Context, what string, sync bool) (_ load.Result, err error) {
	broker, err := b.broker(ctx, sync, shape(sync))
	if err != nil {
		return load.Result{}, err
	}
	defer func() { err = errors.Join(err, b.drop(broker)) }()
	server, err := rig.Serve(ctx, rig.Options{Binary: b.binary, Dir: b.dir, Roles: "gateway", Brokers: broker.Addr})
	if err != nil {
		return load.Result{}, err
	}
	defer func() { err = errors.Join(err, server.End()) }()
	return b.load(ctx, what, b.pacedSpec(server.Addr), func() {})
}
