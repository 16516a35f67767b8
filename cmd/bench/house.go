package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"time"

	"switchboard/cmd/bench/internal/ceiling"
	"switchboard/cmd/bench/internal/report"
	"switchboard/cmd/bench/internal/rig"
	"switchboard/store/mongo"
)

// errNoMongo is why half of a row could not run.
var errNoMongo = errors.New("the MongoDB half: no server is named (set SWITCHBOARD_TEST_MONGO_URI or --mongo; scripts/mongo-standin.sh starts one)")

// A house is a whole Switchboard with its engines.
type house struct {
	engine string // "SQLite" or "MongoDB"
	server *rig.Server
	shut   []func() error
}

// close stops everything, newest first.
func (h *house) close() error {
	var err error
	for _, shut := range slices.Backward(h.shut) {
		err = errors.Join(err, shut())
	}
	return err
}

// A plan says what kind of house to open.
type plan struct {
	mongo   bool   // on MongoDB and a broker in a process of its own; otherwise embedded engines
	sync    bool   // that broker's log is fsynced; Kafka's default is not to
	through string // an address that leads to the database, and can be cut off
}

// open starts a house.
func (b *bench) open(ctx context.Context, p plan) (_ *house, err error) {
	h := &house{engine: "SQLite"}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	o := rig.Options{Binary: b.binary, Dir: b.dir}
	if p.mongo {
		h.engine = "MongoDB"
		uri, drop, err := b.database()
		if err != nil {
			return nil, err
		}
		h.shut = append(h.shut, drop)
		broker, err := b.broker(ctx, p.sync, ceiling.Partitions)
		if err != nil {
			return nil, err
		}
		h.shut = append(h.shut, func() error { return b.drop(broker) })
		o.Brokers, o.Mongo = broker.Addr, uri
		if p.through != "" {
			if o.Mongo, err = redirected(uri, p.through); err != nil {
				return nil, err
			}
		}
	}
	if h.server, err = rig.Serve(ctx, o); err != nil {
		return nil, err
	}
	h.shut = append(h.shut, h.server.End)
	return h, nil
}

// database names a new database on the server, and how to drop it.
func (b *bench) database() (uri string, drop func() error, err error) {
	if b.mongo == "" {
		return "", nil, errNoMongo
	}
	u, err := url.Parse(b.mongo)
	if err != nil {
		return "", nil, errors.New("the URI of MongoDB cannot be used") // err may quote its password
	}
	u.Path = fmt.Sprintf("/switchboard_bench_%d_%d", os.Getpid(), time.Now().UnixNano())
	uri = u.String()
	return uri, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		return mongo.Drop(ctx, uri)
	}, nil
}

// redirected is the same database behind another address. Without discovery, or the driver would find the way around it.
func redirected(uri, address string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", errors.New("the URI of MongoDB cannot be used")
	}
	u.Host = address
	q := u.Query()
	q.Set("directConnection", "true")
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// on makes a row of a part that is measured on embedded engines, or on MongoDB and a broker outside.
func on(mongo bool, part func(ctx context.Context, b *bench, h *house) ([]report.Figure, error)) func(context.Context, *bench) ([]report.Figure, error) {
	return func(ctx context.Context, b *bench) (_ []report.Figure, err error) {
		h, err := b.open(ctx, plan{mongo: mongo})
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, h.close()) }()
		return part(ctx, b, h)
	}
}
