package mongo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"switchboard/chat"
)

// Codes of the server's errors.
const (
	codeNamespaceNotFound = 26
	codeNamespaceExists   = 48
	codeMaxTimeExpired    = 50
	codeLockTimeout       = 24
	codeWriteConflict     = 112
	codeDuplicateKey      = 11000
)

// refusals are codes by which a server refuses a document for what it holds; they say nothing about the server's health.
func refusals() []int {
	return []int{2, 9, 22, 52, 55, 56, 57, 121, 10334, 17280, 17419, 17420}
}

// retriable reports whether the server asks to try again: a conflict with another writer, or a lock it waited for too long.
func retriable(err error) bool {
	var labelled mongo.LabeledError
	if errors.As(err, &labelled) && (labelled.HasErrorLabel("TransientTransactionError") || labelled.HasErrorLabel("RetryableWriteError")) {
		return true
	}
	return hasCode(err, codeWriteConflict) || hasCode(err, codeLockTimeout) || deadlock(err)
}

// deadlock recognises PostgreSQL's, which servers built on it pass on under a general code.
func deadlock(err error) bool {
	var server mongo.ServerError
	return errors.As(err, &server) && (server.HasErrorMessage("deadlock detected") || server.HasErrorMessage("could not serialize"))
}

func hasCode(err error, code int) bool {
	var server mongo.ServerError
	return errors.As(err, &server) && server.HasErrorCode(code)
}

const attempts = 6

// retry does something until it succeeds or fails for good.
func (e *Engine) retry(ctx context.Context, operation string, do func() error) error {
	for attempt := 1; ; attempt++ {
		err := do()
		if err == nil || attempt == attempts || !retriable(err) {
			return err
		}
		e.metrics.retries.WithLabelValues(operation).Inc()
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

// pause waits longer after each attempt, by chance, so that writers who collided do not collide again.
func pause(ctx context.Context, attempt int) error {
	timer := time.NewTimer(rand.N(10 * time.Millisecond << attempt))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failure translates what the driver says. A server's own text may quote documents, so only its code goes on.
func failure(operation string, err error) error {
	var command mongo.CommandError
	var server mongo.ServerError
	switch {
	case errors.Is(err, chat.ErrInvalid), errors.Is(err, chat.ErrUnavailable), errors.Is(err, context.Canceled):
		return fmt.Errorf("mongo: %s: %w", operation, err)
	case errors.Is(err, context.DeadlineExceeded), hasCode(err, codeMaxTimeExpired), mongo.IsTimeout(err):
		return fmt.Errorf("mongo: %s: %w: %w", operation, chat.ErrUnavailable, context.DeadlineExceeded)
	case errors.As(err, &command) && !command.HasErrorLabel("NetworkError"):
		return fmt.Errorf("mongo: %s: %w: server says %s (%d)", operation, chat.ErrUnavailable, command.Name, command.Code)
	case errors.As(err, &server) && !mongo.IsNetworkError(err):
		return fmt.Errorf("mongo: %s: %w: server says %v", operation, chat.ErrUnavailable, codes(err))
	default:
		return fmt.Errorf("mongo: %s: %w: %w", operation, chat.ErrUnavailable, err)
	}
}

// codes lists the codes in a bulk's error.
func codes(err error) []int {
	var list []int
	if bulk, ok := errors.AsType[mongo.BulkWriteException](err); ok {
		if bulk.WriteConcernError != nil {
			list = append(list, bulk.WriteConcernError.Code)
		}
		for _, w := range bulk.WriteErrors {
			list = append(list, w.Code)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
