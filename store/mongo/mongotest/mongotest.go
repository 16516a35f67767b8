// Package mongotest gives tests a MongoDB, where the environment names one.
package mongotest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/url"
	"os"
	"testing"
	"time"

	"switchboard/store/mongo"
)

// Variable names the server. scripts/mongo-standin.sh starts one where there is none.
const Variable = "SWITCHBOARD_TEST_MONGO_URI"

// URI returns the server's URI, or skips the test and says so where nobody can overlook it.
func URI(t testing.TB) string {
	t.Helper()
	uri := os.Getenv(Variable)
	if uri == "" {
		fmt.Fprintf(os.Stderr, "\n*** %s: THE MONGODB HALF DID NOT RUN: set %s (scripts/mongo-standin.sh start prints one) ***\n\n", t.Name(), Variable)
		t.Skipf("%s is not set: the MongoDB half did not run", Variable)
	}
	return uri
}

// Open returns an engine over a database of this test alone; the same name in the same test is the same database. The
// database is dropped when the test ends.
func Open(t testing.TB, name string) *mongo.Engine {
	t.Helper()
	u, err := url.Parse(URI(t))
	if err != nil {
		t.Fatalf("%s is not a URI", Variable)
	}
	u.Path = "/" + Database(t, name)
	e, err := mongo.Open(t.Context(), u.String(), slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := errors.Join(mongo.Drop(ctx, u.String()), e.Close(ctx)); err != nil {
			t.Error(err)
		}
	})
	return e
}

// Database is the real name of a test's database.
func Database(t testing.TB, name string) string {
	h := fnv.New64a()
	fmt.Fprint(h, os.Getpid(), t.Name(), name)
	return fmt.Sprintf("switchboard_test_%x", h.Sum64())
}
