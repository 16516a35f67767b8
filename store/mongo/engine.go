// Package mongo keeps documents in MongoDB: the engine of production. Documents are natural BSON, with nested fields and
// real dates, for every other user of the database to read.
//
// Writes are acknowledged by a majority and journaled; reads come from the primary and see only what a majority holds.
// That is what the store relies on: it sees every acknowledged write, and never acts on one that a fail-over takes back.
package mongo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readconcern"
	"go.mongodb.org/mongo-driver/mongo/readpref"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/x/mongo/driver/connstring"

	"switchboard/chat"
	"switchboard/store"
	"switchboard/store/document"
)

// DefaultDatabase is used when the URI's path names none.
const DefaultDatabase = "switchboard"

const (
	selectionTimeout = 2500 * time.Millisecond // how long a lost server is waited for before a call fails
	connectTimeout   = 5 * time.Second
	operationTimeout = 30 * time.Second // of a call whose context has no deadline
	poolSize         = 50
)

// An Engine is a store.Engine over one database.
type Engine struct {
	client  *mongo.Client
	db      *mongo.Database
	log     *slog.Logger
	metrics *metrics
	types   document.Types

	schemas  atomic.Pointer[map[string]*document.Schema]
	ensuring sync.Mutex
	turns    *turns
}

var _ store.Engine = (*Engine)(nil)

// Open returns an engine over the database the URI names. It does not wait for the server: calls fail with
// chat.ErrUnavailable, and Ping says so, until one answers. Read and write concern are not the URI's choice. reg may be nil.
func Open(ctx context.Context, uri string, log *slog.Logger, reg prometheus.Registerer) (*Engine, error) {
	parsed, err := connstring.ParseAndValidate(uri)
	if err != nil {
		return nil, fmt.Errorf("mongo: open: the URI cannot be used: %w", chat.ErrInvalid) // err may quote its password
	}
	name := parsed.Database
	if name == "" {
		name = DefaultDatabase
	}
	m := newMetrics(reg)
	journaled := true
	client, err := mongo.Connect(ctx, options.Client().
		SetAppName("switchboard").
		SetMaxPoolSize(poolSize).
		SetServerSelectionTimeout(selectionTimeout).
		SetConnectTimeout(connectTimeout).
		SetTimeout(operationTimeout).
		SetPoolMonitor(m.pool()).
		ApplyURI(uri).
		SetBSONOptions(&options.BSONOptions{OmitZeroStruct: true}).
		SetReadPreference(readpref.Primary()).
		SetReadConcern(readconcern.Majority()).
		SetWriteConcern(&writeconcern.WriteConcern{W: "majority", Journal: &journaled}).
		SetRetryReads(true).
		SetRetryWrites(true))
	if err != nil {
		return nil, fmt.Errorf("mongo: open: the URI cannot be used: %w", chat.ErrInvalid)
	}
	e := &Engine{client: client, db: client.Database(name), log: log.With("component", "mongo"), metrics: m, turns: newTurns()}
	e.schemas.Store(&map[string]*document.Schema{})
	return e, nil
}

// Name implements store.Engine.
func (e *Engine) Name() string { return "mongo" }

// Ping implements store.Engine.
func (e *Engine) Ping(ctx context.Context) error {
	if err := e.client.Ping(ctx, readpref.Primary()); err != nil {
		return failure("ping", err)
	}
	return nil
}

// Close implements store.Engine.
func (e *Engine) Close(ctx context.Context) error {
	if err := e.client.Disconnect(ctx); err != nil && !errors.Is(err, mongo.ErrClientDisconnected) {
		return failure("close", err)
	}
	return nil
}

// Ensure implements store.Engine.
func (e *Engine) Ensure(ctx context.Context, collections []store.Collection) error {
	e.ensuring.Lock()
	defer e.ensuring.Unlock()
	schemas := maps.Clone(*e.schemas.Load())
	for _, c := range collections {
		schema, err := document.NewSchema(c)
		if err != nil {
			return fmt.Errorf("mongo: ensure: %w", err)
		}
		if err := e.ensure(ctx, schema); err != nil {
			return failure("ensure "+c.Name, err)
		}
		schemas[c.Name] = schema
	}
	e.schemas.Store(&schemas)
	return nil
}

func (e *Engine) ensure(ctx context.Context, s *document.Schema) error {
	existing, err := e.indexNames(ctx, s.Name)
	if err != nil {
		return err
	}
	var missing []mongo.IndexModel
	for _, model := range indexModels(s) {
		if !existing[*model.Options.Name] {
			missing = append(missing, model)
		}
	}
	if len(missing) == 0 && len(existing) > 0 {
		return nil
	}
	if len(missing) == 0 {
		return e.create(ctx, s.Name)
	}
	return e.retry(ctx, "ensure", func() error {
		_, err := e.db.Collection(s.Name).Indexes().CreateMany(ctx, missing)
		return err
	})
}

// create makes an empty collection; another process may be doing the same.
func (e *Engine) create(ctx context.Context, name string) error {
	return e.retry(ctx, "ensure", func() error {
		err := e.db.CreateCollection(ctx, name)
		if hasCode(err, codeNamespaceExists) {
			return nil
		}
		return err
	})
}

func (e *Engine) indexNames(ctx context.Context, collection string) (map[string]bool, error) {
	specifications, err := e.db.Collection(collection).Indexes().ListSpecifications(ctx)
	if hasCode(err, codeNamespaceNotFound) {
		return map[string]bool{}, nil
	}
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, s := range specifications {
		names[s.Name] = true
	}
	return names, nil
}

// Names the engine adds to documents and indexes.
const (
	wordsField  = "_words" // what Search compares; see words
	wordsIndex  = "words"
	expiryIndex = "expiry"
)

func indexModels(s *document.Schema) []mongo.IndexModel {
	var models []mongo.IndexModel
	for _, index := range s.Indexes {
		models = append(models, indexModel(index))
	}
	if s.ExpireAfter != "" {
		models = append(models, mongo.IndexModel{
			Keys:    bson.D{{Key: s.ExpireAfter, Value: 1}},
			Options: options.Index().SetName(expiryIndex).SetExpireAfterSeconds(0),
		})
	}
	if len(s.Text) > 0 {
		models = append(models, mongo.IndexModel{Keys: append(bson.D{{Key: wordsField, Value: 1}}, recency(s)...), Options: options.Index().SetName(wordsIndex)})
	}
	return models
}

// indexModel ends an index with the id, which breaks ties, unless it is unique or over an array.
func indexModel(index store.Index) mongo.IndexModel {
	o := options.Index().SetName(index.Name)
	var keys bson.D
	direction := 1
	for _, f := range index.Fields {
		if direction = 1; f.Desc {
			direction = -1
		}
		keys = append(keys, bson.E{Key: f.Path, Value: direction})
	}
	first := index.Fields[0].Path
	switch {
	case index.Unique && index.Array:
		// A server sees null and the empty array as values: two documents without elements would clash. The filter is one
		// that every condition on an element implies, so that the planner still uses the index.
		o.SetUnique(true).SetPartialFilterExpression(bson.D{{Key: first, Value: bson.D{{Key: "$gte", Value: ""}}}})
	case index.Unique:
		o.SetUnique(true).SetPartialFilterExpression(present(first))
	case index.Sparse:
		o.SetPartialFilterExpression(present(first))
	}
	if !index.Unique && !index.Array {
		keys = append(keys, bson.E{Key: "_id", Value: direction})
	}
	return mongo.IndexModel{Keys: keys, Options: o}
}

func present(path string) bson.D {
	return bson.D{{Key: path, Value: bson.D{{Key: "$exists", Value: true}}}}
}

func (e *Engine) schema(name string) (*document.Schema, error) {
	s, ok := (*e.schemas.Load())[name]
	if !ok {
		return nil, fmt.Errorf("mongo: collection %q was not declared: %w", name, chat.ErrInvalid)
	}
	return s, nil
}
