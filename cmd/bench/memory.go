package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"switchboard/cmd/bench/internal/load"
	"switchboard/cmd/bench/internal/report"
	"switchboard/cmd/bench/internal/rig"
)

// memory measures the whole embedded process at 1,000 webhooks a second. The gateway's alone stands beside the intake rows.
func memory(ctx context.Context, b *bench) (_ []report.Figure, err error) {
	h, err := b.open(ctx, plan{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	spec := load.Spec{Address: h.server.Addr, Connections: 32, Contacts: pipePeople, Rate: pacedRate, Duration: b.long(time.Minute, 6*time.Second)}
	result, err := b.load(ctx, "memory, embedded at 1,000/s", spec, func() {})
	if err != nil {
		return nil, err
	}
	used, err := h.server.Memory()
	if err != nil {
		return nil, err
	}
	figures := []report.Figure{{
		Name: "memory, embedded, at 1,000/s, peak", Value: mebibytes(used.Peak), Unit: "MiB", Goal: report.AtMost(250), Note: pages(used) + "; " + clean(result),
	}}
	if err := b.stored(ctx, h.server, "memory, embedded", result.Accepted); err != nil {
		return figures, err
	}
	return figures, b.closes(ctx, h.server, result.Accepted, result.Sent)
}

// outage takes webhooks at full rate while the database cannot be reached, then lets the process reach it again and checks
// that everything accepted is stored.
func outage(ctx context.Context, b *bench) (_ []report.Figure, err error) {
	if b.mongo == "" {
		return nil, errNoMongo
	}
	u, err := url.Parse(b.mongo)
	if err != nil {
		return nil, errors.New("the URI of MongoDB cannot be used")
	}
	proxy, err := rig.NewProxy(ctx, u.Host)
	if err != nil {
		return nil, err
	}
	h, err := b.open(ctx, plan{mongo: true, sync: true, through: proxy.Addr})
	if err != nil {
		return nil, errors.Join(err, proxy.Cut())
	}
	defer func() { err = errors.Join(err, h.close(), proxy.Cut()) }()
	if err := errors.Join(proxy.Cut(), h.server.ForgetPeak()); err != nil {
		return nil, err
	}
	spec := load.Spec{Address: h.server.Addr, Connections: 64, Contacts: fewPeople, Duration: b.long(time.Minute, 4*time.Second)}
	result, err := b.load(ctx, "intake while MongoDB is down", spec, func() {})
	if err != nil {
		return nil, err
	}
	used, err := h.server.Memory()
	if err != nil {
		return nil, err
	}
	figures := []report.Figure{
		{
			Name: "memory, intake while MongoDB is down, peak", Value: mebibytes(used.Peak), Unit: "MiB", Goal: report.AtMost(150),
			Note: fmt.Sprintf("%s webhooks in %.0f s, one process with all roles, log in a process of its own, fsynced; %s; %s", rig.Number(float64(result.Accepted)), result.Measured.Seconds, pages(used), clean(result)),
		},
		{Name: "intake while MongoDB is down", Value: result.Measured.PerSecond(), Unit: "/s"},
	}
	if err := proxy.Join(ctx); err != nil {
		return figures, err
	}
	back := time.Now()
	if err := b.stored(ctx, h.server, "catching up", result.Accepted); err != nil {
		return figures, err
	}
	took := time.Since(back)
	if used, err = h.server.Memory(); err != nil {
		return figures, err
	}
	figures = append(figures, report.Figure{Name: "memory, catching up after MongoDB was back, peak", Value: mebibytes(used.Peak), Unit: "MiB"}, report.Figure{
		Name: "stored again after MongoDB was back", Value: float64(result.Accepted) / took.Seconds(), Unit: "/s",
		Note: "every accepted webhook is in the database, and the ledger's sum closes",
	})
	return figures, b.closes(ctx, h.server, result.Accepted, result.Sent)
}
