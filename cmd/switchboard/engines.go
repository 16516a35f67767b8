package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchboard/chat"
	"switchboard/store"
	"switchboard/store/mongo"
	"switchboard/store/sqlite"
	"switchboard/stream"
	"switchboard/stream/embedded"
)

// A source hands the log to ingest under the type it declares.
type source struct{ *stream.Log }

// Consume implements ingest.Source.
func (s source) Consume(ctx context.Context, handle func(context.Context, int, []chat.Parcel) error, sync func(context.Context) error) error {
	return s.Log.Consume(ctx, handle, sync)
}

// openLog connects to Kafka, or starts the embedded broker first. What must be closed goes onto the stack.
func openLog(ctx context.Context, c *config, log *slog.Logger, reg prometheus.Registerer, down *cleanup) (*stream.Log, error) {
	sc := c.stream()
	if c.embeddedLog() {
		broker, err := embedded.Open(embedded.Config{Dir: filepath.Join(c.DataDir, "log"), TopicPrefix: c.KafkaTopicPrefix, Partitions: c.KafkaPartitions}, log)
		if err != nil {
			return nil, err
		}
		down.push("embedded broker", func(context.Context) error { return broker.Close() })
		sc.Brokers, sc.Dial, sc.Full, sc.Alone = broker.Addrs(), broker.Dial, broker.Full, true
	}
	l, err := stream.Open(ctx, sc, log, reg)
	if err != nil {
		return nil, err
	}
	down.push("log", l.Close)
	return l, nil
}

// openEngine opens MongoDB (without waiting for it) or the SQLite file, and measures whichever it is.
func openEngine(ctx context.Context, c *config, log *slog.Logger, reg prometheus.Registerer) (engine store.Engine, err error) {
	if c.embeddedStore() {
		engine, err = sqlite.Open(ctx, filepath.Join(c.DataDir, "switchboard.db"), log, reg)
	} else {
		engine, err = mongo.Open(ctx, string(c.MongoURI), log, reg)
		if errors.Is(err, chat.ErrInvalid) {
			err = problem("MONGO_URI", "%w: write mongodb://user:password@host:27017/switchboard", err)
		}
	}
	if err != nil {
		return nil, err
	}
	return store.Measure(engine, reg), nil
}

// An opening says how to go about a database that does not let us in.
type opening struct {
	insist  bool                     // try again whatever the error is: a process that takes webhooks must not end because of it
	trouble func(error)              // is told each error
	prepare func(*store.Store) error // what must be done once before the store counts as open
}

// openStore makes the repository as soon as the engine answers.
func openStore(ctx context.Context, engine store.Engine, log *slog.Logger, how opening) (*store.Store, error) {
	pause := 250 * time.Millisecond
	told := ""
	for {
		s, err := store.New(ctx, engine, log)
		if err == nil {
			err = how.prepare(s)
		}
		if err == nil {
			return s, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !how.insist && !errors.Is(err, chat.ErrUnavailable) {
			return nil, err
		}
		how.trouble(err)
		if err.Error() != told {
			told = err.Error()
			log.Warn("the database cannot be used yet, trying again", "engine", engine.Name(), "err", err)
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, 5*time.Second)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// makeDataDir makes the data directory for this user alone.
func makeDataDir(c *config) error {
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return fmt.Errorf("make data directory: %w: set %sDATA_DIR to a place this user may write to", err, envPrefix)
	}
	return nil
}

// A cleanup is what must be undone, newest first, also when only half was done.
type cleanup struct {
	steps []cleanupStep
}

type cleanupStep struct {
	name string
	undo func(context.Context) error
}

func (c *cleanup) push(name string, undo func(context.Context) error) {
	c.steps = append(c.steps, cleanupStep{name, undo})
}

// run undoes everything; one step that fails stops no other.
func (c *cleanup) run(ctx context.Context) error {
	var failed []error
	for len(c.steps) > 0 {
		last := len(c.steps) - 1
		step := c.steps[last]
		c.steps = c.steps[:last]
		if err := step.undo(ctx); err != nil {
			failed = append(failed, fmt.Errorf("close %s: %w", step.name, err))
		}
	}
	return errors.Join(failed...)
}

// logins gives the dashboard the store's sign-ins under the verbs it declares.
type logins struct{ *store.Store }

// TouchLogin implements dashboard.Logins.
func (l logins) TouchLogin(ctx context.Context, id string, expires time.Time) error {
	_, err := l.UpdateLogin(ctx, id, func(login *chat.Login) error {
		login.ExpiresAt = expires
		return nil
	})
	return err
}
