package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/store/mongo"
	"switchboard/store/mongo/mongotest"
)

// The same tests as with the embedded engines, against the engines that the environment names.

// onMongo adds a database of the test's own to the settings.
func onMongo(t testing.TB, environment map[string]string) map[string]string {
	t.Helper()
	u, err := url.Parse(mongotest.URI(t))
	require.NoError(t, err)
	u.Path = "/" + mongotest.Database(t, "pipe")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, mongo.Drop(ctx, u.String()))
	})
	environment[envPrefix+"MONGO_URI"] = u.String()
	return environment
}

// kafkaVariable names the brokers; scripts/real-kafka.sh starts one.
const kafkaVariable = "SWITCHBOARD_TEST_KAFKA_BROKERS"

// onKafka gives the test topics of its own on the brokers that the environment names.
func onKafka(t testing.TB, environment map[string]string) map[string]string {
	t.Helper()
	brokers := os.Getenv(kafkaVariable)
	if brokers == "" {
		fmt.Fprintf(os.Stderr, "\n*** %s: NOT RUN against a real Kafka: set %s (scripts/real-kafka.sh starts one) ***\n\n", t.Name(), kafkaVariable)
		t.Skipf("%s is not set: the Kafka half did not run", kafkaVariable)
	}
	environment[envPrefix+"KAFKA_BROKERS"] = brokers
	environment[envPrefix+"KAFKA_TOPIC_PREFIX"] = fmt.Sprintf("test-%d-%s.", os.Getpid(), strings.ToLower(t.Name()))
	environment[envPrefix+"KAFKA_PARTITIONS"] = "6"
	environment[envPrefix+"KAFKA_REPLICATION"] = "1"
	return environment
}

func TestMongoWebhookToScreen(t *testing.T) { webhookToScreen(t, onMongo(t, settings(t))) }
func TestKafkaWebhookToScreen(t *testing.T) { webhookToScreen(t, onKafka(t, settings(t))) }

func TestMongoKilledAtRandomMoments(t *testing.T) {
	killedAtRandomMoments(t, onMongo(t, fixed(t, settings(t))))
}

func TestKafkaMongoKilledAtRandomMoments(t *testing.T) {
	killedAtRandomMoments(t, onKafka(t, onMongo(t, fixed(t, settings(t)))))
}

func TestMongoOneOfTwoWorkersIsKilled(t *testing.T) {
	_, addrs := broker(t)
	oneOfTwoWorkersIsKilled(t, onMongo(t, settings(t, "KAFKA_BROKERS", addrs)))
}

func TestKafkaMongoOneOfTwoWorkersIsKilled(t *testing.T) {
	oneOfTwoWorkersIsKilled(t, onKafka(t, onMongo(t, settings(t))))
}

func TestMongoDatabaseAwayForAWhile(t *testing.T) { databaseAwayForAWhile(t, onMongo(t, settings(t))) }

func TestMongoDuplicatesAndDisorderChangeNothing(t *testing.T) {
	duplicatesAndDisorderChangeNothing(t, func(t *testing.T) map[string]string { return onMongo(t, settings(t)) })
}

func TestDoctorJudgesTheDatabaseServer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	good := mongo.Server{Version: "8.0.4", ReplicaSet: "rs0", Clock: now}
	tests := []struct {
		name   string
		change func(*mongo.Server)
		check  string
		level  string
	}{
		{"fine", func(*mongo.Server) {}, "clock skew", levelOK},
		{"old", func(s *mongo.Server) { s.Version = "5.0.9" }, "MongoDB version", levelFail},
		{"alone", func(s *mongo.Server) { s.ReplicaSet = "" }, "MongoDB replica set", levelWarn},
		{"behind", func(s *mongo.Server) { s.Clock = now.Add(-time.Minute) }, "clock skew", levelWarn},
		{"ahead", func(s *mongo.Server) { s.Clock = now.Add(time.Minute) }, "clock skew", levelWarn},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := good
			tt.change(&s)
			found := judgeServer(s, now.Add(-time.Second), now.Add(time.Second))
			levels := map[string]string{}
			for _, f := range found {
				levels[f.Check] = f.Level
			}
			require.Equal(t, tt.level, levels[tt.check], "%+v", found)
		})
	}
	require.Len(t, judgeServer(mongo.Server{Version: "7.0", Sharded: true}, now, now), 0)
}

func TestMongoDoctor(t *testing.T) {
	environment := onMongo(t, settings(t, "ADDR", "127.0.0.1:0", "CHANNELS", writeChannels(t)))
	for _, f := range examine(t.Context(), environment) {
		require.NotEqual(t, levelFail, f.Level, "%+v", f)
	}
	environment[envPrefix+"MONGO_URI"] = "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=200"
	failed := errors.New("MongoDB is not found missing")
	for _, f := range examine(t.Context(), environment) {
		if f.Check == "MongoDB" && f.Level == levelFail {
			failed = nil
		}
	}
	require.NoError(t, failed)
}
