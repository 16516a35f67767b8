package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/bson"
)

// A Server is what the database tells about itself.
type Server struct {
	Version    string
	ReplicaSet string    // empty: a single server, whose writes no other machine has
	Sharded    bool      // reached through mongos
	Clock      time.Time // its time; zero when it does not say
}

// Server asks what the engine is connected to.
func (e *Engine) Server(ctx context.Context) (Server, error) {
	var build struct {
		Version string `bson:"version"`
	}
	if err := e.db.RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Decode(&build); err != nil {
		return Server{}, failure("build info", err)
	}
	var hello struct {
		SetName   string    `bson:"setName"`
		Msg       string    `bson:"msg"`
		LocalTime time.Time `bson:"localTime"`
	}
	if err := e.db.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
		return Server{}, failure("hello", err)
	}
	return Server{Version: build.Version, ReplicaSet: hello.SetName, Sharded: hello.Msg == "isdbgrid", Clock: hello.LocalTime}, nil
}
