package mongo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"switchboard/chat"
	"switchboard/store"
)

// Bounds of one command.
const (
	bulkOps   = 1000
	bulkBytes = 16 << 20
)

// An op is one write on its way, and where its result goes.
type op struct {
	store.Write
	doc    bson.Raw
	result *error
}

// Write implements store.Engine.
//
// Replace is an upsert that looks for id and version. Where the version is stale, the upsert tries to insert and the
// server's own unique index on the id refuses it: so every write has its own answer, in one round trip and without a
// transaction. Where the document is gone the upsert does insert; the server tells, and it is taken back.
func (e *Engine) Write(ctx context.Context, collection string, writes []store.Write) ([]error, error) {
	s, err := e.schema(collection)
	if err != nil {
		return nil, err
	}
	results := make([]error, len(writes))
	ops := make([]op, 0, len(writes))
	for i, w := range writes {
		doc, err := e.encode(s, w)
		if err != nil {
			results[i] = err
			continue
		}
		ops = append(ops, op{Write: w, doc: doc, result: &results[i]})
	}
	// Writers that touch the same documents in the same order do not deadlock on servers that lock rows.
	slices.SortStableFunc(ops, func(a, b op) int { return strings.Compare(a.ID, b.ID) })
	giveBack, err := e.turns.take(ctx, uniqueKeys(s, ops))
	if err != nil {
		return nil, failure("write", err)
	}
	defer giveBack()
	for chunk := range chunks(ops) {
		if err := e.bulk(ctx, collection, chunk); err != nil {
			return nil, failure("write", err)
		}
	}
	return results, nil
}

// Sync implements store.Engine: every write was durable when it was acknowledged.
func (e *Engine) Sync(context.Context) error { return nil }

// WriteAll implements store.Engine. A transaction would make it one step, but costs more round trips than it saves, and
// needs a replica set.
func (e *Engine) WriteAll(ctx context.Context, groups []store.Group) (int, error) {
	return store.WriteInOrder(ctx, e, groups)
}

// chunks cuts a list of writes into what one command carries.
func chunks(ops []op) func(yield func([]op) bool) {
	return func(yield func([]op) bool) {
		for len(ops) > 0 {
			n, bytes := 0, 0
			for n < len(ops) && n < bulkOps && (n == 0 || bytes+len(ops[n].doc) <= bulkBytes) {
				bytes += len(ops[n].doc)
				n++
			}
			if !yield(ops[:n]) {
				return
			}
			ops = ops[n:]
		}
	}
}

// bulk sends one command's worth of writes, and again those the server asks to repeat.
func (e *Engine) bulk(ctx context.Context, collection string, ops []op) error {
	for attempt := 1; ; attempt++ {
		again, err := e.send(ctx, collection, ops, attempt > 1)
		switch {
		case err == nil && len(again) == 0:
			return nil
		case err != nil && (attempt == attempts || !retriable(err)):
			return err
		case attempt == attempts:
			return fmt.Errorf("writers keep colliding: %w", chat.ErrUnavailable)
		case err == nil:
			ops = again
		}
		e.metrics.retries.WithLabelValues("write").Inc()
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

// send does the writes once. It returns those the server could not decide. When some were sent before, the server may have
// done them then without saying so.
func (e *Engine) send(ctx context.Context, collection string, ops []op, before bool) (again []op, err error) {
	models := make([]mongo.WriteModel, len(ops))
	for i := range ops {
		models[i] = ops[i].model()
	}
	result, err := e.db.Collection(collection).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	var bulk mongo.BulkWriteException
	if err != nil && (!errors.As(err, &bulk) || bulk.WriteConcernError != nil) {
		return nil, err
	}
	var unclear []op
	for _, w := range bulk.WriteErrors {
		o := ops[w.Index]
		switch {
		case w.Code == codeDuplicateKey:
			*o.result = duplicate(w.WriteError)
			if before || o.Op == store.Replace {
				unclear = append(unclear, o)
			}
		case slices.Contains(refusals(), w.Code):
			*o.result = fmt.Errorf("mongo: server refuses the document (%d): %w", w.Code, chat.ErrInvalid)
		case w.Code == codeWriteConflict, w.Code == codeLockTimeout, deadlock(w.WriteError):
			again = append(again, o)
		default:
			return nil, err
		}
	}
	if result != nil {
		if err := e.takeBack(ctx, collection, ops, result.UpsertedIDs); err != nil {
			return nil, err
		}
	}
	return again, e.judge(ctx, collection, unclear, before)
}

func (o *op) model() mongo.WriteModel {
	switch o.Op {
	case store.Insert:
		return mongo.NewInsertOneModel().SetDocument(o.doc)
	case store.Replace:
		return mongo.NewReplaceOneModel().SetUpsert(true).SetReplacement(o.doc).
			SetFilter(bson.D{{Key: "_id", Value: o.ID}, {Key: "version", Value: o.Version}})
	default:
		return mongo.NewDeleteOneModel().SetFilter(bson.D{{Key: "_id", Value: o.ID}})
	}
}

// takeBack removes documents that a Replace brought back although they had been deleted.
func (e *Engine) takeBack(ctx context.Context, collection string, ops []op, upserted map[int64]any) error {
	if len(upserted) == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // SetTimeout still bounds it
	var models []mongo.WriteModel
	for i := range upserted {
		o := ops[i]
		next := o.doc.Lookup("version")
		models = append(models, mongo.NewDeleteOneModel().SetFilter(bson.D{{Key: "_id", Value: o.ID}, {Key: "version", Value: next}}))
		*o.result = store.ErrVersion
	}
	_, err := e.db.Collection(collection).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	return err
}

// judge finds what a duplicate key means. A replacement was stale unless the stored version is still the expected one: then
// another unique key was in the way. A write sent before may have been done then: the stored document is the one written.
func (e *Engine) judge(ctx context.Context, collection string, unclear []op, before bool) error {
	if len(unclear) == 0 {
		return nil
	}
	ids := make([]string, len(unclear))
	for i, o := range unclear {
		ids[i] = o.ID
	}
	o := options.Find()
	if !before {
		o.SetProjection(bson.D{{Key: "version", Value: 1}})
	}
	stored := map[string]bson.Raw{}
	_, err := e.read(ctx, collection, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, o, func(fill func(any) error) error {
		var doc bson.Raw
		err := fill(&doc)
		if id, ok := doc.Lookup("_id").StringValueOK(); ok {
			stored[id] = doc
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, o := range unclear {
		doc, found := stored[o.ID]
		version, _ := doc.Lookup("version").AsInt64OK()
		switch {
		case before && bytes.Equal(doc, o.doc):
			*o.result = nil
		case o.Op == store.Replace && (!found || version != o.Version):
			*o.result = store.ErrVersion
		}
	}
	return nil
}

// duplicate names the index when the server's text, which also holds the key, tells it in a known way.
func duplicate(e mongo.WriteError) error {
	m := regexp.MustCompile(`(?:index: |Index ')([A-Za-z0-9_]+)`).FindStringSubmatch(e.Message)
	switch {
	case m == nil:
		return &store.DuplicateError{}
	case m[1] == "_id_":
		return &store.DuplicateError{Index: "_id"}
	default:
		return &store.DuplicateError{Index: m[1]}
	}
}
