package mongo

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"switchboard/chat"
	"switchboard/store"
)

func command(code int32, name, message string, labels ...string) error {
	return mongo.CommandError{Code: code, Name: name, Message: message, Labels: labels}
}

func bulk(codes ...int) error {
	e := mongo.BulkWriteException{}
	for i, c := range codes {
		e.WriteErrors = append(e.WriteErrors, mongo.BulkWriteError{WriteError: mongo.WriteError{Index: i, Code: c, Message: "private words"}})
	}
	return e
}

func TestFailureTranslates(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want []error
		text string
	}{
		"server":    {command(13, "Unauthorized", "private words"), []error{chat.ErrUnavailable}, "mongo: op: temporarily unavailable: server says Unauthorized (13)"},
		"bulk":      {bulk(7, 7, 3), []error{chat.ErrUnavailable}, "mongo: op: temporarily unavailable: server says [3 7]"},
		"too slow":  {command(codeMaxTimeExpired, "MaxTimeMSExpired", "private words"), []error{chat.ErrUnavailable, context.DeadlineExceeded}, "mongo: op: temporarily unavailable: context deadline exceeded"},
		"cancelled": {fmt.Errorf("x: %w", context.Canceled), []error{context.Canceled}, "mongo: op: x: context canceled"},
		"deadline":  {context.DeadlineExceeded, []error{chat.ErrUnavailable, context.DeadlineExceeded}, "mongo: op: temporarily unavailable: context deadline exceeded"},
		"invalid":   {fmt.Errorf("x: %w", chat.ErrInvalid), []error{chat.ErrInvalid}, "mongo: op: x: invalid input"},
		"again":     {fmt.Errorf("x: %w", chat.ErrUnavailable), []error{chat.ErrUnavailable}, "mongo: op: x: temporarily unavailable"},
		"network":   {errors.New("connection refused"), []error{chat.ErrUnavailable}, "mongo: op: temporarily unavailable: connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			err := failure("op", c.err)
			for _, want := range c.want {
				require.ErrorIs(t, err, want)
			}
			require.Equal(t, c.text, err.Error())
		})
	}
}

func TestRetryOnlyWhatTheServerAsksFor(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		tries int
	}{
		"success": {nil, 1}, "refused": {command(13, "Unauthorized", ""), 1}, "conflict": {command(codeWriteConflict, "WriteConflict", ""), attempts},
		"deadlock": {command(1, "InternalError", "deadlock detected"), attempts}, "label": {command(1, "x", "", "RetryableWriteError"), attempts},
		"lock": {command(codeLockTimeout, "LockTimeout", ""), attempts}, "other error": {errors.New("x"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			e := &Engine{metrics: newMetrics(reg)}
			tries := 0
			err := e.retry(t.Context(), "write", func() error { tries++; return c.err })
			require.Equal(t, c.err, err)
			require.Equal(t, c.tries, tries)
			require.InDelta(t, c.tries-1, testutil.ToFloat64(e.metrics.retries.WithLabelValues("write")), 0)
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	e := &Engine{metrics: newMetrics(nil)}
	for {
		if err := e.retry(ctx, "write", func() error { return command(codeWriteConflict, "", "") }); errors.Is(err, context.DeadlineExceeded) {
			break
		}
	}
}

func TestDuplicateNamesTheIndex(t *testing.T) {
	for message, want := range map[string]string{
		`E11000 duplicate key error collection: switchboard.contacts index: keys dup key: { keys: "index: private" }`: "keys",
		`E11000 duplicate key error collection: switchboard.contacts index: _id_ dup key: { _id: "x" }`:               "_id",
		`Duplicate key violation on the requested collection: Index 'open_key'`:                                       "open_key",
		`Duplicate key violation on the requested collection: Index '_id_'`:                                           "_id",
		`something else`: "",
	} {
		var duplicateError *store.DuplicateError
		require.ErrorAs(t, duplicate(mongo.WriteError{Message: message}), &duplicateError)
		require.Equal(t, want, duplicateError.Index)
	}
}

func TestChunksRespectBothBounds(t *testing.T) {
	ops := make([]op, 2*bulkOps+1)
	for i := range ops {
		ops[i].doc = make(bson.Raw, 10)
	}
	ops[5].doc, ops[6].doc, ops[7].doc = make(bson.Raw, bulkBytes-60), make(bson.Raw, bulkBytes+1), make(bson.Raw, bulkBytes)
	var sizes []int
	for chunk := range chunks(ops) {
		sizes = append(sizes, len(chunk))
	}
	require.Equal(t, []int{6, 1, 1, bulkOps, bulkOps - 7}, sizes)
}

func TestPlannedReadsMongoDBsPlans(t *testing.T) {
	plan := func(json string) string {
		var raw bson.Raw
		require.NoError(t, bson.UnmarshalExtJSON([]byte(json), false, &raw))
		return planned(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: raw}, "")
	}
	require.Equal(t, "state", plan(`{"winningPlan":{"stage":"LIMIT","inputStage":{"stage":"FETCH","inputStage":{"stage":"IXSCAN","indexName":"state"}}},"rejectedPlans":[{"indexName":"other"}]}`))
	require.Empty(t, plan(`{"winningPlan":{"stage":"COLLSCAN"},"rejectedPlans":[{"inputStage":{"indexName":"other"}}]}`))
	require.Equal(t, "b", plan(`{"winningPlan":{"stage":"OR","inputStages":[{"indexName":"_id_"},{"indexName":"b"}]}}`))
	require.Equal(t, "_id_", plan(`{"winningPlan":{"stage":"IDHACK"}}`))
	require.Equal(t, "seen", plan(`{"Plan":{"Node Type":"Limit","Plans":[{"IndexCosts":[{"indexName":"x"}],"Index Name":"seen"}]}}`))
}
