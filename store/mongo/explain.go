package mongo

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/bson"

	"switchboard/store"
	"switchboard/store/document"
)

// Explain implements store.Engine. Of a query with a cursor, the last and widest range is explained. It understands
// MongoDB's plans (indexName) and PostgreSQL's (Index Name), on which other servers of the protocol are built.
func (e *Engine) Explain(ctx context.Context, collection string, q store.Query) (string, error) {
	s, err := e.schema(collection)
	if err != nil {
		return "", err
	}
	if q, err = s.Query(q); err != nil {
		return "", fmt.Errorf("mongo: explain: %w", err)
	}
	segments := document.Segments(q)
	q = segments[len(segments)-1]
	find := bson.D{{Key: "find", Value: collection}, {Key: "filter", Value: filter(s, q.Where)}, {Key: "sort", Value: sorting(q.Sort)}}
	if q.Limit > 0 {
		find = append(find, bson.E{Key: "limit", Value: int64(q.Limit)})
	}
	plan, err := e.db.RunCommand(ctx, bson.D{{Key: "explain", Value: find}, {Key: "verbosity", Value: "queryPlanner"}}).Raw()
	if err != nil {
		return "", failure("explain", err)
	}
	index := planned(plan.Lookup("queryPlanner"), "")
	if index == "_id_" {
		return byID(q), nil
	}
	return index, nil
}

// byID says whether the index on the id answers the query. Some servers show it for a scan as well.
func byID(q store.Query) string {
	if len(q.Where) == 0 && q.Sort[0].Path == document.ID {
		return "_id"
	}
	for _, c := range q.Where {
		if c.Path == document.ID {
			return "_id"
		}
	}
	return ""
}

// planned searches the winning plan for the index it walks, preferring any other to the one on the id.
func planned(v bson.RawValue, found string) string {
	var elements []bson.RawElement
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		elements, _ = v.Document().Elements() //nolint:errcheck // an unreadable part shows no index
	case bson.TypeArray:
		elements, _ = bson.Raw(v.Array()).Elements() //nolint:errcheck // an unreadable part shows no index
	default:
		return found
	}
	for _, element := range elements {
		name, isText := element.Value().StringValueOK()
		switch key := element.Key(); {
		case key == "rejectedPlans" || key == "IndexCosts":
		case key == "stage" && name == "IDHACK" && found == "":
			found = "_id_" // a look-up by id, which names no index
		case (key == "indexName" || key == "Index Name") && isText:
			if found == "" || found == "_id_" {
				found = name
			}
		default:
			found = planned(element.Value(), found)
		}
	}
	return found
}
