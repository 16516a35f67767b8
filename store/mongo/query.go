package mongo

import (
	"context"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"switchboard/store"
	"switchboard/store/document"
)

// getChunk bounds how many ids one command names.
const getChunk = 1000

// Get implements store.Engine.
func (e *Engine) Get(ctx context.Context, collection string, ids []string, decode store.Decode) error {
	if _, err := e.schema(collection); err != nil {
		return err
	}
	for len(ids) > 0 {
		n := min(len(ids), getChunk)
		filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids[:n]}}}}
		if _, err := e.read(ctx, collection, filter, options.Find().SetProjection(projection(nil)), decode); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// Find implements store.Engine.
func (e *Engine) Find(ctx context.Context, collection string, q store.Query, decode store.Decode) error {
	s, err := e.schema(collection)
	if err != nil {
		return err
	}
	if q, err = s.Query(q); err != nil {
		return fmt.Errorf("mongo: find: %w", err)
	}
	left := q.Limit
	for _, segment := range document.Segments(q) {
		o := options.Find().SetSort(sorting(segment.Sort)).SetProjection(projection(q.Only)).SetLimit(int64(left))
		n, err := e.read(ctx, collection, filter(s, segment.Where), o, decode)
		if err != nil {
			return err
		}
		if left -= n; q.Limit > 0 && left <= 0 {
			return nil
		}
	}
	return nil
}

// Count implements store.Engine.
func (e *Engine) Count(ctx context.Context, collection string, where []store.Condition, limit int64) (int64, error) {
	s, err := e.schema(collection)
	if err != nil {
		return 0, err
	}
	if where, err = s.Conditions(where); err != nil {
		return 0, fmt.Errorf("mongo: count: %w", err)
	}
	o := options.Count()
	if limit > 0 {
		o.SetLimit(limit)
	}
	n, err := e.db.Collection(collection).CountDocuments(ctx, filter(s, where), o)
	if err != nil {
		return 0, failure("count", err)
	}
	return n, nil
}

// Search implements store.Engine.
func (e *Engine) Search(ctx context.Context, collection string, q store.TextQuery, decode store.Decode) error {
	s, err := e.schema(collection)
	if err != nil {
		return err
	}
	whole, begin := document.QueryWords(q.Text, q.Prefix)
	if len(whole) == 0 && begin == "" || len(s.Text) == 0 {
		return nil
	}
	all := bson.A{}
	if len(whole) > 0 {
		all = append(all, bson.D{{Key: wordsField, Value: bson.D{{Key: "$all", Value: whole}}}})
	}
	if begin != "" {
		all = append(all, bson.D{{Key: wordsField, Value: prefix(begin, true)}})
	}
	if q.After != "" {
		behind, err := e.behind(ctx, s, q.After)
		if behind == nil || err != nil {
			return err
		}
		all = append(all, behind)
	}
	o := options.Find().SetProjection(projection(nil)).SetSort(recency(s)).SetLimit(int64(max(0, q.Limit)))
	_, err = e.read(ctx, collection, bson.D{{Key: "$and", Value: all}}, o, decode)
	return err
}

// recency is the order of Search.
func recency(s *document.Schema) bson.D {
	if s.Recent == "" {
		return bson.D{{Key: "_id", Value: -1}}
	}
	return bson.D{{Key: s.Recent, Value: -1}, {Key: "_id", Value: -1}}
}

// behind is the condition for what Search finds after a document; nil when that is gone.
func (e *Engine) behind(ctx context.Context, s *document.Schema, id string) (bson.D, error) {
	older := bson.D{{Key: "_id", Value: bson.D{{Key: "$lt", Value: id}}}}
	if s.Recent == "" {
		return older, nil
	}
	var doc bson.Raw
	o := options.Find().SetProjection(bson.D{{Key: s.Recent, Value: 1}})
	n, err := e.read(ctx, s.Name, bson.D{{Key: "_id", Value: id}}, o, func(fill func(any) error) error { return fill(&doc) })
	if err != nil || n == 0 {
		return nil, err
	}
	at, err := doc.LookupErr(strings.Split(s.Recent, ".")...)
	if err != nil {
		return older, nil //nolint:nilerr // a document without the time: those without come last, by id
	}
	return bson.D{{Key: "$or", Value: bson.A{
		bson.D{{Key: s.Recent, Value: bson.D{{Key: "$lt", Value: at}}}},
		bson.D{{Key: s.Recent, Value: at}, older[0]},
	}}}, nil
}

// read hands every document a filter selects to decode and returns how many there were.
func (e *Engine) read(ctx context.Context, collection string, filter bson.D, o *options.FindOptions, decode store.Decode) (int, error) {
	cursor, err := e.db.Collection(collection).Find(ctx, filter, o)
	if err != nil {
		return 0, failure("read", err)
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	n := 0
	for cursor.Next(ctx) {
		n++
		if err := decode(func(into any) error { return fill(cursor, into) }); err != nil {
			return n, err
		}
	}
	if err := cursor.Err(); err != nil {
		return n, failure("read", err)
	}
	return n, nil
}

func fill(cursor *mongo.Cursor, into any) error {
	if err := cursor.Decode(into); err != nil {
		return fmt.Errorf("mongo: stored document does not fit a %T: %w", into, err)
	}
	return nil
}

func projection(only []string) bson.D {
	if len(only) == 0 {
		return bson.D{{Key: wordsField, Value: 0}}
	}
	fields := bson.D{{Key: "_id", Value: 1}, {Key: "version", Value: 1}}
	for _, name := range only {
		if name != document.ID && name != "version" {
			fields = append(fields, bson.E{Key: name, Value: 1})
		}
	}
	return fields
}

func field(path string) string {
	if path == document.ID {
		return "_id"
	}
	return path
}

func sorting(sort []store.Field) bson.D {
	var keys bson.D
	for _, f := range sort {
		direction := 1
		if f.Desc {
			direction = -1
		}
		keys = append(keys, bson.E{Key: field(f.Path), Value: direction})
	}
	return keys
}

// filter is the conjunction of checked conditions. Paths are declared ones; values are only ever operands.
func filter(s *document.Schema, where []store.Condition) bson.D {
	all := make(bson.A, 0, len(where))
	for _, c := range where {
		_, array := s.Array(c.Path)
		all = append(all, bson.D{{Key: field(c.Path), Value: operation(c, array)}})
	}
	switch len(all) {
	case 0:
		return bson.D{}
	case 1:
		return all[0].(bson.D)
	default:
		return bson.D{{Key: "$and", Value: all}}
	}
}

func operation(c store.Condition, array bool) bson.D {
	op := func(name string, v any) bson.D { return bson.D{{Key: name, Value: v}} }
	switch c.Is {
	case store.In:
		return op("$in", c.Value)
	case store.Less:
		return op("$lt", c.Value)
	case store.LessOrEqual:
		return op("$lte", c.Value)
	case store.Greater:
		return op("$gt", c.Value)
	case store.GreaterOrEqual:
		return op("$gte", c.Value)
	case store.Prefix:
		return prefix(c.Value.(string), array)
	case store.Exists:
		return exists(c.Value == true, array)
	default:
		return op("$eq", c.Value)
	}
}

// prefix is a range rather than a pattern: no quoting, and every server walks the index for it.
func prefix(p string, array bool) bson.D {
	bounds := bson.D{{Key: "$gte", Value: p}}
	if next, ok := document.Successor(p); ok {
		bounds = append(bounds, bson.E{Key: "$lt", Value: next})
	}
	if array { // one element must lie between both bounds
		return bson.D{{Key: "$elemMatch", Value: bounds}}
	}
	return bounds
}

// exists takes null for absent. An array exists when it has an element, and all elements are strings.
func exists(yes, array bool) bson.D {
	switch {
	case array && yes:
		return bson.D{{Key: "$gte", Value: ""}}
	case array:
		return bson.D{{Key: "$not", Value: bson.D{{Key: "$gte", Value: ""}}}}
	case yes:
		return bson.D{{Key: "$exists", Value: true}, {Key: "$ne", Value: nil}}
	default:
		return bson.D{{Key: "$eq", Value: nil}}
	}
}
