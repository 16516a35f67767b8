package stream_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"

	"switchboard/chat"
	"switchboard/stream"
	"switchboard/stream/embedded"
)

func TestMain(m *testing.M) {
	if len(realBrokers()) == 0 {
		fmt.Fprintln(os.Stderr, notRun)
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil { // the tests wait more than they work
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

const notRun = "NOT RUN against a real Kafka: start one with scripts/real-kafka.sh and set SWITCHBOARD_TEST_KAFKA_BROKERS"

// testSession is short, so that the tests of rebalances are.
const testSession = 2 * time.Second

// A fake is a kfake cluster without a network, for tests that inject faults.
type fake struct {
	*kfake.Cluster
	*wire
	network *kfake.VirtualNetwork
}

// A wire is a way to the brokers that can be cut.
type wire struct {
	network *kfake.VirtualNetwork
	cut     atomic.Bool

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

func newWire(network *kfake.VirtualNetwork) *wire {
	return &wire{network: network, conns: make(map[net.Conn]struct{})}
}

func newFake(t *testing.T, brokers int, opts ...kfake.Opt) *fake {
	t.Helper()
	f := &fake{network: new(kfake.VirtualNetwork)}
	f.wire = newWire(f.network)
	ports := make([]int, brokers)
	for i := range ports {
		ports[i] = 9092 + i
	}
	opts = append([]kfake.Opt{
		kfake.Ports(ports...), kfake.ListenFn(f.network.Listen), kfake.GroupMinSessionTimeout(100 * time.Millisecond),
	}, opts...)
	cluster, err := kfake.NewCluster(opts...)
	require.NoError(t, err)
	f.Cluster = cluster
	t.Cleanup(cluster.Close)
	return f
}

func (f *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if f.cut.Load() {
		return nil, fmt.Errorf("dial %s: cut off", address)
	}
	conn, err := f.network.DialContext(ctx, network, address)
	if err == nil {
		f.mu.Lock()
		f.conns[conn] = struct{}{}
		f.mu.Unlock()
	}
	return conn, err
}

// cutOff makes the brokers unreachable, and comeBack ends it.
func (f *wire) cutOff() {
	f.cut.Store(true)
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.conns {
		_ = c.Close()
	}
	clear(f.conns)
}

func (f *wire) comeBack() { f.cut.Store(false) }

func (f *fake) config() stream.Config { return f.configOver(f.wire) }

func (f *fake) configOver(w *wire) stream.Config {
	return stream.Config{
		Brokers: f.ListenAddrs(), Dial: w.dial, CreateTopics: true, Partitions: 3, Replication: 1,
		SessionTimeout: testSession, DrainTimeout: time.Second, RequestTimeout: time.Second,
	}
}

// logger shows what the code under test logs, when the test fails or is verbose.
func logger(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(&testWriter{t: t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type testWriter struct {
	t    *testing.T
	mu   sync.Mutex
	done bool
	once sync.Once
}

func (w *testWriter) Write(p []byte) (int, error) {
	w.once.Do(func() {
		w.t.Cleanup(func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.done = true
		})
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.done {
		w.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

// open opens a log and closes it at the end of the test.
func open(t *testing.T, cfg stream.Config) (*stream.Log, *prometheus.Registry) {
	t.Helper()
	reg := prometheus.NewRegistry()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	l, err := stream.Open(ctx, cfg, logger(t), reg)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = l.Close(ctx)
	})
	return l, reg
}

// metric sums a metric over the label values that match.
func metric(t *testing.T, reg *prometheus.Registry, name string, labels ...string) float64 {
	t.Helper()
	families, err := reg.Gather()
	require.NoError(t, err)
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
	metrics:
		for _, m := range f.GetMetric() {
			for i := 0; i+1 < len(labels); i += 2 {
				match := false
				for _, l := range m.GetLabel() {
					match = match || l.GetName() == labels[i] && l.GetValue() == labels[i+1]
				}
				if !match {
					continue metrics
				}
			}
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return sum
}

func parcel(key, value string) chat.Parcel {
	return chat.Parcel{
		Channel: chat.WhatsApp, Account: "880000000000001", RequestID: "req-" + value, ReceivedAt: time.UnixMilli(1_800_000_000_123).UTC(),
		Secret: "0", Key: key, Elements: 1, Value: []byte(value),
	}
}

// A sink collects what a consumer gets.
type sink struct {
	mu      sync.Mutex
	parcels []chat.Parcel
	values  map[string]int
}

func newSink() *sink { return &sink{values: make(map[string]int)} }

func (s *sink) handle(_ context.Context, _ int, parcels []chat.Parcel) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range parcels {
		s.parcels = append(s.parcels, p)
		s.values[string(p.Value)]++
	}
	return nil
}

func (s *sink) count(value string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[value]
}

func (s *sink) distinct() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.values)
}

func (s *sink) all() []chat.Parcel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]chat.Parcel(nil), s.parcels...)
}

// consume runs a consumer until the test ends or stop is called, and checks that it stops cleanly and soon.
func consume(t *testing.T, l *stream.Log, handle stream.Handler) (stop func()) {
	t.Helper()
	return consumeAnd(t, l, handle, durable)
}

// durable is for handlers whose work needs nothing more.
func durable(context.Context) error { return nil }

// consumeAnd is consume with what makes durable.
func consumeAnd(t *testing.T, l *stream.Log, handle stream.Handler, settle func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Consume(ctx, handle, settle) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				require.NoError(t, err)
			case <-time.After(15 * time.Second):
				t.Error("Consume did not stop")
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	require.Eventually(t, check, 20*time.Second, 5*time.Millisecond, what)
}

func write(t *testing.T, l *stream.Log, parcels ...chat.Parcel) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, l.Append(ctx, parcels))
}

// realBrokers are those of SWITCHBOARD_TEST_KAFKA_BROKERS.
func realBrokers() []string {
	if s := os.Getenv("SWITCHBOARD_TEST_KAFKA_BROKERS"); s != "" {
		return strings.Split(s, ",")
	}
	return nil
}

// everywhere runs a test against the fault-injection broker, the embedded one and a real Kafka.
func everywhere(t *testing.T, run func(t *testing.T, cfg stream.Config)) {
	t.Run("fake", func(t *testing.T) { t.Parallel(); run(t, newFake(t, 3).config()) })
	t.Run("embedded", func(t *testing.T) { t.Parallel(); run(t, embeddedConfig(t)) })
	t.Run("kafka", func(t *testing.T) {
		if len(realBrokers()) == 0 {
			t.Skip(notRun)
		}
		run(t, realConfig(t))
	})
}

func embeddedConfig(t *testing.T) stream.Config {
	t.Helper()
	b, err := embedded.Open(embedded.Config{Dir: t.TempDir(), Partitions: 3}, logger(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return stream.Config{Brokers: b.Addrs(), Dial: b.Dial, Full: b.Full, SessionTimeout: 6 * time.Second, DrainTimeout: time.Second}
}

// realConfig gives each test topics and a group of its own, and takes the topics away again.
func realConfig(t *testing.T) stream.Config {
	t.Helper()
	name := fmt.Sprintf("test.%d.", time.Now().UnixNano())
	cfg := stream.Config{
		Brokers: realBrokers(), TopicPrefix: name, Group: name + "group", CreateTopics: true, Partitions: 3,
		SessionTimeout: 6 * time.Second, DrainTimeout: time.Second,
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		transport := new(kafka.Transport)
		defer transport.CloseIdleConnections()
		client := &kafka.Client{Addr: kafka.TCP(cfg.Brokers...), Transport: transport}
		_, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{name + "inbound", name + "quarantine", name + "changes"}})
		require.NoError(t, err)
	})
	return cfg
}

// direct is a client past the code under test.
func direct(t *testing.T, cfg stream.Config) *kafka.Client {
	t.Helper()
	transport := &kafka.Transport{Dial: cfg.Dial, MetadataTTL: 100 * time.Millisecond}
	t.Cleanup(transport.CloseIdleConnections)
	return &kafka.Client{Addr: kafka.TCP(cfg.Brokers...), Transport: transport}
}

func prefix(cfg stream.Config) string {
	if cfg.TopicPrefix == "" {
		return "switchboard."
	}
	return cfg.TopicPrefix
}
