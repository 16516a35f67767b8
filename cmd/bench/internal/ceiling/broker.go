package ceiling

import (
	"fmt"
	"os"
	"strconv"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Inbound is the topic that webhooks are written to, and Partitions what it has where the log is a cluster's.
const (
	Inbound    = "switchboard.inbound"
	Partitions = 8
)

// Broker serves Kafka's protocol on a port of the loopback, with its log under dir. With sync every batch is fsynced before
// it is acknowledged; without, the log is written and left to the page cache, as Kafka does by default.
func Broker(port int, dir string, sync bool, partitions int) (*kfake.Cluster, error) {
	options := []kfake.Opt{
		kfake.NumBrokers(1), kfake.Ports(port), kfake.DataDir(dir),
		kfake.WithLogger(kfake.BasicLogger(os.Stderr, kfake.LogLevelError)),
		kfake.BrokerConfigs(map[string]string{"message.max.bytes": strconv.Itoa(5 << 20)}),
	}
	if sync {
		options = append(options, kfake.SyncWrites())
	}
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		return nil, fmt.Errorf("ceiling: broker: %w", err)
	}
	err = cluster.CreateTopic(Inbound, int32(partitions), map[string]string{"max.message.bytes": strconv.Itoa(5 << 20), "retention.bytes": "-1"})
	if err != nil {
		cluster.Close()
		return nil, fmt.Errorf("ceiling: create topic: %w", err)
	}
	return cluster, nil
}
