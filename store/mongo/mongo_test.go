package mongo_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/store"
	"switchboard/store/mongo/mongotest"
	"switchboard/store/storetest"
)

func TestContract(t *testing.T) {
	mongotest.URI(t)
	genuine, err := mongotest.Open(t, "probe").Genuine(t.Context())
	require.NoError(t, err)
	storetest.Suite{
		Open:              func(t *testing.T, database string) store.Engine { return mongotest.Open(t, database) },
		SortsWithoutIndex: !genuine,
	}.Run(t)
}
