package mongo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Drop removes the database the URI names, with everything in it. It is for tests and throw-away installations.
func Drop(ctx context.Context, uri string) (err error) {
	e, err := Open(ctx, uri, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close(ctx)) }()
	if err := e.db.Drop(ctx); err != nil {
		return failure("drop", err)
	}
	return nil
}

// Genuine tells whether the server is MongoDB itself and not one that speaks its protocol.
func (e *Engine) Genuine(ctx context.Context) (bool, error) {
	info, err := e.db.RunCommand(ctx, map[string]int{"buildInfo": 1}).Raw()
	if err != nil {
		return false, failure("build info", err)
	}
	if _, err := info.LookupErr("ferretdb"); err == nil {
		return false, nil
	}
	if version, ok := info.Lookup("version").StringValueOK(); !ok {
		return false, fmt.Errorf("mongo: server tells no version, but %q", version)
	}
	return true, nil
}
