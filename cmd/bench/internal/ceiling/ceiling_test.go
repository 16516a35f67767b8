package ceiling_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"switchboard/cmd/bench/internal/ceiling"
	"switchboard/store"
	"switchboard/store/sqlite"
)

const body = `{"entry":[{"changes":[{"value":{"messages":[{"from_user_id":"US.1","id":"wamid.1"}]}}]}]}`

func post(t *testing.T, app *fiber.App, secret string) int {
	t.Helper()
	request := httptest.NewRequest(http.MethodPost, "/webhooks/whatsapp", strings.NewReader(body))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	request.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	response, err := app.Test(request, 10_000)
	require.NoError(t, err)
	return response.StatusCode
}

func TestSignatureHandlerChecksTheSignature(t *testing.T) {
	app := ceiling.Signature("right")
	require.Equal(t, 200, post(t, app, "right"))
	require.Equal(t, 401, post(t, app, "wrong"))
}

func TestFranzHandlerAnswersWhenTheLogHasTheBody(t *testing.T) {
	cluster, err := ceiling.Broker(0, t.TempDir(), true, ceiling.Partitions)
	require.NoError(t, err)
	defer cluster.Close()
	brokers := cluster.ListenAddrs()[0]
	app, closeClient, err := ceiling.Franz("right", brokers, ceiling.Inbound)
	require.NoError(t, err)
	defer closeClient()
	require.Equal(t, 401, post(t, app, "wrong"))
	require.Equal(t, 200, post(t, app, "right"))

	reader, err := kgo.NewClient(kgo.SeedBrokers(brokers), kgo.ConsumeTopics(ceiling.Inbound))
	require.NoError(t, err)
	defer reader.Close()
	fetches := reader.PollFetches(t.Context())
	require.NoError(t, fetches.Err())
	require.Equal(t, 1, fetches.NumRecords())
	record := fetches.Records()[0]
	require.JSONEq(t, body, string(record.Value))
	require.Equal(t, "US.1", string(record.Key))
}

func TestBulkInsertsEveryDocumentOnce(t *testing.T) {
	engine, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bulk.db"), slog.New(slog.DiscardHandler), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close(t.Context())) }()
	const n = 2*ceiling.BulkBatch + 17
	took, err := ceiling.Bulk(t.Context(), engine, n, 1500)
	require.NoError(t, err)
	require.Greater(t, took, time.Duration(0))
	count, err := engine.Count(t.Context(), "bulk", []store.Condition{{Path: "contact", Is: store.GreaterOrEqual, Value: ""}}, 0)
	require.NoError(t, err)
	require.EqualValues(t, n, count)
}
