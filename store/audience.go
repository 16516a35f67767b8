package store

import (
	"context"

	"switchboard/chat"
)

// within is the condition that leaves in a list what a scope admits.
func within(scope chat.Scope) []Condition {
	if scope.Everything() {
		return nil
	}
	return []Condition{{Path: "audience", Is: In, Value: scope.Keys()}}
}

// addressing is the repository's engine: no conversation is written, on whatever way, without its audience, and so none is
// lost to the agents who may see it.
type addressing struct{ Engine }

func (a addressing) Write(ctx context.Context, collection string, writes []Write) ([]error, error) {
	address(writes)
	return a.Engine.Write(ctx, collection, writes)
}

func (a addressing) WriteAll(ctx context.Context, groups []Group) (int, error) {
	for _, g := range groups {
		address(g.Writes)
	}
	return a.Engine.WriteAll(ctx, groups)
}

func address(writes []Write) {
	for _, w := range writes {
		if c, ok := w.Doc.(*chat.Conversation); ok {
			c.Address()
		}
	}
}
