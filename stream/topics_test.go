package stream_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"switchboard/stream"
)

// openError expects Open to fail.
func openError(t *testing.T, cfg stream.Config, patience time.Duration) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	l, err := stream.Open(ctx, cfg, logger(t), nil)
	if err == nil {
		require.NoError(t, l.Close(ctx))
	}
	require.Error(t, err)
	return err.Error()
}

func TestMissingTopicsAreNamedOrMade(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, cfg stream.Config) {
		cfg.TopicPrefix = prefix(cfg) + "other."
		cfg.CreateTopics = false
		text := openError(t, cfg, 10*time.Second)
		require.Contains(t, text, cfg.TopicPrefix+"inbound")
		require.Contains(t, text, "create them")

		cfg.CreateTopics, cfg.Partitions = true, 4
		l, _ := open(t, cfg)
		require.Equal(t, 4, l.Partitions())
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			transport := &kafka.Transport{Dial: cfg.Dial}
			defer transport.CloseIdleConnections()
			client := &kafka.Client{Addr: kafka.TCP(cfg.Brokers...), Transport: transport}
			_, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{cfg.TopicPrefix + "inbound", cfg.TopicPrefix + "quarantine", cfg.TopicPrefix + "changes"}})
			require.NoError(t, err)
		})

		cfg.CreateTopics, cfg.Partitions = false, 0
		again, _ := open(t, cfg)
		require.Equal(t, 4, again.Partitions(), "what exists is taken")

		cfg.Partitions = 5
		text = openError(t, cfg, 10*time.Second)
		require.Contains(t, text, "has 4 partitions, 5 are configured")
		cfg.Partitions, cfg.Replication = 4, 9
		require.Contains(t, openError(t, cfg, 10*time.Second), "9 are configured")
	})
}

func TestTopicSettingsAreChecked(t *testing.T) {
	t.Parallel()
	f := newFake(t, 3)
	cfg := f.config()
	cfg.Replication = 0
	require.NoError(t, f.CreateTopic(inbound, 3, map[string]string{"max.message.bytes": "1048588"}))
	text := openError(t, cfg, 10*time.Second)
	require.Contains(t, text, "max.message.bytes is 1048588")
	require.Contains(t, text, "kafka-configs --alter")

	require.NoError(t, f.DeleteTopic(inbound))
	require.NoError(t, f.CreateTopic(inbound, 3, map[string]string{"max.message.bytes": "5242880", "min.insync.replicas": "1"}))
	open(t, cfg)
	problems, err := stream.Inspect(t.Context(), cfg)
	require.NoError(t, err)
	require.NotEmpty(t, problems)
	require.Contains(t, problems[0].Error(), "min.insync.replicas is 1")
}

func TestNoBrokerIsAClearError(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	f.cutOff()
	text := openError(t, f.config(), 500*time.Millisecond)
	require.Contains(t, text, "no broker answers at localhost:9092")
	require.Contains(t, openError(t, stream.Config{}, time.Second), "no broker given")
}

func TestABrokerThatStartsLateIsWaitedFor(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	f.cutOff()
	time.AfterFunc(300*time.Millisecond, f.comeBack)
	open(t, f.config())
}

func TestCreationErrorsNameTheFix(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Err: kerr.TopicAuthorizationFailed, Count: -1})
	require.Contains(t, openError(t, f.config(), 5*time.Second), "grant this user CREATE")
	g := newFake(t, 1)
	g.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Err: kerr.InvalidReplicationFactor, Count: -1})
	require.Contains(t, openError(t, g.config(), 5*time.Second), "set the replication lower")
}

func TestUnreadableSettingsAreAProblemNotAFailure(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeConfigs}, Err: kerr.TopicAuthorizationFailed, Count: -1})
	problems, err := stream.Inspect(t.Context(), f.config())
	require.NoError(t, err)
	require.Len(t, problems, 3)
	require.Contains(t, problems[0].Fix, "DESCRIBE_CONFIGS")
	write(t, l, parcel("a", "1"))
}

func TestARefusedTopicNamesTheRights(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	open(t, f.config())
	f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: inbound, Err: kerr.TopicAuthorizationFailed, Count: -1})
	require.Contains(t, openError(t, f.config(), 3*time.Second), "grant this user DESCRIBE, READ and WRITE")
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(nil) // for its certificate
			server.StartTLS()
			t.Cleanup(server.Close)
			roots := x509.NewCertPool()
			roots.AddCert(server.Certificate())

			f := newFake(t, 1, kfake.EnableSASL(), kfake.Superuser(mechanism, "user", "secret"),
				kfake.TLS(&tls.Config{Certificates: server.TLS.Certificates, MinVersion: tls.VersionTLS12}))
			cfg := f.config()
			cfg.TLS = &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}
			cfg.SASL = stream.SASL{Mechanism: mechanism, Username: "user", Password: "secret"}
			l, _ := open(t, cfg)
			s := newSink()
			consume(t, l, s.handle)
			write(t, l, parcel("a", "1"))
			eventually(t, "it arrives", func() bool { return s.distinct() == 1 })

			cfg.SASL.Password = "wrong"
			text := openError(t, cfg, 500*time.Millisecond)
			require.NotContains(t, text, "wrong")
			require.Contains(t, text, "SASL")
		})
	}
}

func TestAnUnknownMechanismIsRefused(t *testing.T) {
	t.Parallel()
	cfg := stream.Config{Brokers: []string{"localhost:1"}, SASL: stream.SASL{Mechanism: "GSSAPI", Username: "u", Password: "secret"}}
	text := openError(t, cfg, time.Second)
	require.Contains(t, text, "SCRAM-SHA-512")
	require.NotContains(t, text, "secret")
	require.NotContains(t, cfg.SASL.String(), "secret")
}

func TestMetricsExistFromTheStart(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	_, reg := open(t, f.config())
	families, err := reg.Gather()
	require.NoError(t, err)
	names := make(map[string]bool)
	for _, f := range families {
		names[f.GetName()] = true
	}
	for _, name := range []string{
		"switchboard_produce_duration_seconds", "switchboard_produce_records_total", "switchboard_produce_queue_bytes",
		"switchboard_consumer_rebuilds_total", "switchboard_log_truncated_total",
	} {
		require.True(t, names[name], name)
	}
}
