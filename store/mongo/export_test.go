package mongo

import (
	"context"

	"switchboard/store"
)

// SendAgain does inserts and replacements as if they had been sent before and the answer had got lost.
func (e *Engine) SendAgain(ctx context.Context, collection string, writes []store.Write) ([]error, error) {
	s, err := e.schema(collection)
	if err != nil {
		return nil, err
	}
	results := make([]error, len(writes))
	ops := make([]op, len(writes))
	for i, w := range writes {
		doc, err := e.encode(s, w)
		if err != nil {
			return nil, err
		}
		ops[i] = op{Write: w, doc: doc, result: &results[i]}
	}
	_, err = e.send(ctx, collection, ops, true)
	return results, err
}
