package mongo_test

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/store"
	"switchboard/store/mongo"
	"switchboard/store/mongo/mongotest"
	"switchboard/store/storetest"
)

func BenchmarkApply(b *testing.B) {
	uri := os.Getenv(mongotest.Variable)
	if uri == "" {
		b.Skipf("%s is not set: MongoDB was not measured", mongotest.Variable)
	}
	storetest.BenchmarkApply(b, func(b *testing.B) store.Engine {
		u, err := url.Parse(uri)
		require.NoError(b, err)
		u.Path = "/switchboard_bench_apply"
		require.NoError(b, mongo.Drop(b.Context(), u.String()))
		e, err := mongo.Open(b.Context(), u.String(), slog.New(slog.DiscardHandler), nil)
		require.NoError(b, err)
		b.Cleanup(func() {
			require.NoError(b, mongo.Drop(context.Background(), u.String()))
			require.NoError(b, e.Close(context.Background()))
		})
		return e
	})
}
