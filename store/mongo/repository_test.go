package mongo_test

import (
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/store"
	"switchboard/store/mongo/mongotest"
	"switchboard/store/storetest"
)

func TestRepository(t *testing.T) {
	genuine, err := mongotest.Open(t, "probe").Genuine(t.Context())
	require.NoError(t, err)
	var n atomic.Int64
	storetest.RunRepository(t, func(t *testing.T) store.Engine {
		return mongotest.Open(t, strconv.FormatInt(n.Add(1), 10))
	}, !genuine)
}
