package mongo_test

import (
	"testing"

	"switchboard/store"
	"switchboard/store/mongo/mongotest"
	"switchboard/store/storetest"
)

func BenchmarkEngine(b *testing.B) {
	storetest.BenchmarkEngine(b, func(b *testing.B) store.Engine { return mongotest.Open(b, "bench") })
}
