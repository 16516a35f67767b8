package chat

import "errors"

// Sentinel errors every package translates its own failures into. They are matched with errors.Is; the one function per
// HTTP surface that writes errors maps them to a status.
var (
	ErrInvalid         = errors.New("invalid input")
	ErrNotFound        = errors.New("not found")
	ErrUnauthenticated = errors.New("not authenticated")
	ErrForbidden       = errors.New("not allowed")
	ErrConflict        = errors.New("changed by somebody else")
	ErrTooLarge        = errors.New("too large")
	ErrTooMany         = errors.New("too many requests")
	ErrUnavailable     = errors.New("temporarily unavailable")
)
