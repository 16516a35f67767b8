package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"switchboard/store"
)

// broken is an engine that answers every call with the same error.
type broken struct{ err error }

func (broken) Name() string                                                    { return "broken" }
func (b broken) Ensure(context.Context, []store.Collection) error              { return b.err }
func (b broken) Get(context.Context, string, []string, store.Decode) error     { return b.err }
func (b broken) Find(context.Context, string, store.Query, store.Decode) error { return b.err }
func (b broken) Ping(context.Context) error                                    { return b.err }
func (b broken) Close(context.Context) error                                   { return b.err }

func (b broken) Count(context.Context, string, []store.Condition, int64) (int64, error) {
	return 7, b.err
}

func (b broken) Search(context.Context, string, store.TextQuery, store.Decode) error { return b.err }

func (b broken) Write(context.Context, string, []store.Write) ([]error, error) {
	return []error{store.ErrVersion}, b.err
}

func (b broken) WriteAll(context.Context, []store.Group) (int, error) { return 0, b.err }
func (b broken) Sync(context.Context) error                           { return b.err }

func (b broken) Explain(context.Context, string, store.Query) (string, error) { return "index", b.err }

func callAll(t *testing.T, e store.Engine, want error) {
	t.Helper()
	ctx := t.Context()
	n, countErr := e.Count(ctx, "c", nil, 0)
	results, writeErr := e.Write(ctx, "c", nil)
	index, explainErr := e.Explain(ctx, "c", store.Query{})
	_, allErr := e.WriteAll(ctx, nil)
	require.EqualValues(t, 7, n)
	require.Equal(t, []error{store.ErrVersion}, results)
	require.Equal(t, "index", index)
	for _, err := range []error{
		countErr, writeErr, allErr, explainErr, e.Ensure(ctx, nil), e.Get(ctx, "c", nil, nil), e.Find(ctx, "c", store.Query{}, nil), e.Search(ctx, "c", store.TextQuery{}, nil), e.Ping(ctx), e.Sync(ctx),
	} {
		require.ErrorIs(t, err, want)
	}
}

func TestMeasureCountsCallsAndFailures(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		failed float64
	}{
		"success": {nil, 0}, "failure": {errors.New("lost"), 1}, "the caller gave up": {context.Canceled, 0}, "too slow": {context.DeadlineExceeded, 1},
	} {
		t.Run(name, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			e := store.Measure(broken{c.err}, reg)
			require.Equal(t, 10, testutil.CollectAndCount(reg, "switchboard_store_operation_duration_seconds"), "there from the start")
			callAll(t, e, c.err)
			families, err := reg.Gather()
			require.NoError(t, err)
			for _, family := range families {
				for _, metric := range family.GetMetric() {
					if h := metric.GetHistogram(); h != nil {
						require.EqualValues(t, 1, h.GetSampleCount())
					} else {
						require.InDelta(t, c.failed, metric.GetCounter().GetValue(), 0)
					}
				}
			}
		})
	}
}

func TestMeasureWithoutRegistry(t *testing.T) {
	callAll(t, store.Measure(broken{}, nil), nil)
}
