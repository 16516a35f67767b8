// Package embedded is Switchboard's zero-setup log: a Kafka broker inside this process, kept under the data directory.
//
// It wraps kfake, which speaks the Kafka protocol so that the client code is the same in both sizes, but calls itself a
// localhost broker: one node, no replication, an unversioned format. This package adds what makes it safe to rely on for a
// single machine: no network port at all (a stray packet can crash kfake), fsync before every acknowledgement, a lock on
// the directory, and a retention that never drops a record the consumer group has not committed.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Defaults of Config. Every partition that a batch touches is two waits for the disk, one after the other, and the store has one
// writer: with one partition senders wait less and the worker's batches are larger. The broker reads its whole log into memory
// when it starts after a crash, so the sum over the partitions is also the memory a restart takes for a moment: with these
// about 200 MiB.
const (
	DefaultPartitions     = 1
	DefaultRetentionBytes = 128 << 20
	DefaultRetention      = 7 * 24 * time.Hour
)

const (
	port = 9092 // on the virtual network only; nothing listens on the machine

	maxMessageBytes = 5 << 20 // a 4 MiB webhook and its headers in one batch
	segmentBytes    = 8 << 20
	sweepInterval   = time.Second
)

// Config says where the log is kept and how much of it. Only Dir is required.
type Config struct {
	Dir            string        // made when missing; one process at a time
	TopicPrefix    string        // default "switchboard."
	Group          string        // whose uncommitted records retention protects; default "switchboard"
	Partitions     int           // of the inbound topic, when it is made
	RetentionBytes int64         // per partition of the inbound topic
	Retention      time.Duration // age after which consumed records may go

	// NoSync acknowledges before the disk has the bytes: much faster, safe against a killed process, not against power loss.
	NoSync bool
}

func (c Config) withDefaults() Config {
	if c.TopicPrefix == "" {
		c.TopicPrefix = "switchboard."
	}
	if c.Group == "" {
		c.Group = "switchboard"
	}
	if c.Partitions == 0 {
		c.Partitions = DefaultPartitions
	}
	if c.RetentionBytes == 0 {
		c.RetentionBytes = DefaultRetentionBytes
	}
	if c.Retention == 0 {
		c.Retention = DefaultRetention
	}
	return c
}

// A Broker is a running embedded broker. Close it after everything that talks to it.
type Broker struct {
	cluster *kfake.Cluster
	network *kfake.VirtualNetwork
	lock    *os.File
	log     *slog.Logger
	keep    *retention

	stop func()
	done sync.WaitGroup
	once sync.Once
}

// Open starts the broker on the directory and makes the topics that are missing. A directory that another process uses is
// refused.
func Open(cfg Config, log *slog.Logger) (*Broker, error) {
	cfg = cfg.withDefaults()
	if cfg.Dir == "" {
		return nil, errors.New("embedded broker: no directory given")
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("embedded broker: make directory: %w", err)
	}
	lock, err := lockDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	b := &Broker{network: new(kfake.VirtualNetwork), lock: lock, log: log.With("component", "embedded-broker")}
	if b.cluster, err = kfake.NewCluster(b.options(cfg)...); err != nil {
		return nil, errors.Join(fmt.Errorf("embedded broker: open log in %s: %w", cfg.Dir, err), lock.Close())
	}
	topics := topicsOf(cfg)
	if err := b.createTopics(topics); err != nil {
		b.cluster.Close()
		return nil, errors.Join(err, lock.Close())
	}
	debug.FreeOSMemory() // what reading the log took is not needed again
	b.keep = newRetention(b, cfg.Group, topics)
	ctx, cancel := context.WithCancel(context.Background())
	b.stop = cancel
	b.keep.sweep(ctx, time.Now()) // so that Full is right from the first request on
	b.done.Go(func() { b.keep.run(ctx) })
	return b, nil
}

func (b *Broker) options(cfg Config) []kfake.Opt {
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.Ports(port),
		kfake.ListenFn(b.network.Listen),
		kfake.DataDir(filepath.Join(cfg.Dir, "log")),
		kfake.WithLogger(bridge{b.log}),
		kfake.BrokerConfigs(map[string]string{
			// A year: with the default of seven days an application that was off longer would start over.
			"offsets.retention.minutes": "525600",
			"message.max.bytes":         strconv.Itoa(maxMessageBytes),
		}),
	}
	if !cfg.NoSync {
		opts = append(opts, kfake.SyncWrites())
	}
	return opts
}

// createTopics leaves existing topics alone. kfake's own retention is switched off: it drops records nobody has read, and
// can empty a partition, which then counts its offsets from zero again after a crash.
func (b *Broker) createTopics(topics []topic) error {
	for _, t := range topics {
		if b.cluster.TopicInfo(t.name) != nil {
			continue
		}
		err := b.cluster.CreateTopic(t.name, int32(t.partitions), map[string]string{
			"retention.ms":      "-1",
			"retention.bytes":   "-1",
			"segment.bytes":     strconv.Itoa(segmentBytes),
			"max.message.bytes": strconv.Itoa(maxMessageBytes),
		})
		if err != nil {
			return fmt.Errorf("embedded broker: create topic %s: %w", t.name, err)
		}
	}
	return nil
}

// Addrs are the addresses to give to stream.Config; they mean something to Dial only.
func (b *Broker) Addrs() []string { return b.cluster.ListenAddrs() }

// Dial connects to the broker inside this process.
func (b *Broker) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return b.network.DialContext(ctx, network, address)
}

// Full reports whether a partition of the inbound topic holds so many records that the group has not committed that no more
// should be taken: intake answers 503 and the platforms redeliver, instead of a log that grows without end.
func (b *Broker) Full(partition int) bool { return b.keep.full(partition) }

// Headroom is the share of the fullest inbound partition that is still free for records the group has not committed: 1 when
// everything is consumed, 0 when the log refuses more.
func (b *Broker) Headroom() float64 { return b.keep.headroom() }

// Close saves the log and gives the directory free. It may be called twice.
func (b *Broker) Close() error {
	var err error
	b.once.Do(func() {
		b.stop()
		b.done.Wait()
		b.cluster.Close()
		err = b.lock.Close()
	})
	return err
}

// bridge gives kfake's messages to slog. Its informational messages tell of single requests, which is debugging here.
type bridge struct{ log *slog.Logger }

func (b bridge) Logf(level kfake.LogLevel, format string, args ...any) {
	to := slog.LevelDebug
	switch level {
	case kfake.LogLevelError:
		to = slog.LevelError
	case kfake.LogLevelWarn:
		to = slog.LevelWarn
	default:
	}
	ctx := context.Background()
	if b.log.Enabled(ctx, to) {
		b.log.Log(ctx, to, "broker message", "detail", fmt.Sprintf(format, args...))
	}
}
