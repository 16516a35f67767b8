package main

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"switchboard/store"
	"switchboard/store/mongo"
)

// checkMongo connects, looks at the server, and makes sure that the indexes are there or can be made.
func checkMongo(ctx context.Context, c *config) []finding {
	const check, advice = "MongoDB", "check address, user, rights (readWrite on the database) and that a primary is there"
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	log := slog.New(slog.DiscardHandler)
	engine, err := mongo.Open(ctx, string(c.MongoURI), log, nil)
	if err != nil {
		return []finding{fail(check, advice, "%v", err)}
	}
	defer func() { _ = engine.Close(context.WithoutCancel(ctx)) }()
	asked := time.Now()
	server, err := engine.Server(ctx)
	if err != nil {
		return []finding{fail(check, advice, "does not answer: %v", err)}
	}
	found := judgeServer(server, asked, time.Now())
	if _, err := store.New(ctx, engine, log); err != nil {
		return append(found, fail(check, advice, "its indexes cannot be made: %v", err))
	}
	return append(found, fine(check, "version %s answers, and its indexes are there", server.Version))
}

// maxSkew is how far two clocks may be apart before "received" and "stored" times mislead.
const maxSkew = 2 * time.Second

// judgeServer says what is unfit about a server that was asked between two instants.
func judgeServer(s mongo.Server, asked, answered time.Time) []finding {
	var found []finding
	major, _, _ := strings.Cut(s.Version, ".")
	if n, err := strconv.Atoi(major); err == nil && n < 6 {
		found = append(found, fail("MongoDB version", "upgrade to MongoDB 6 or newer", "%s is too old", s.Version))
	}
	if s.ReplicaSet == "" && !s.Sharded {
		found = append(found, warn("MongoDB replica set", "run it as a replica set of three, so that a majority write survives a machine", "a single server: what it has, nobody else has"))
	}
	if s.Clock.IsZero() {
		return found
	}
	if skew := max(asked.Sub(s.Clock), s.Clock.Sub(answered)); skew > maxSkew {
		return append(found, warn("clock skew", "switch time synchronisation on, here and there", "this machine and MongoDB are %s apart", skew.Round(time.Millisecond)))
	}
	return append(found, fine("clock skew", "MongoDB's clock agrees"))
}
