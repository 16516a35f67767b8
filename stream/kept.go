package stream

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"
)

// A Kept says how long a topic keeps a record at the longest; zero: without end.
type Kept struct {
	Topic string
	For   time.Duration
}

// Kept reads from the broker how long the topics that hold what platforms sent keep it: inbound, then quarantine. A broker
// deletes whole segments, so the longest is the retention and the time a segment stays open.
func (l *Log) Kept(ctx context.Context) ([]Kept, error) {
	names := []string{l.topics.inbound.name, l.topics.quarantine.name}
	req := &kafka.DescribeConfigsRequest{}
	for _, name := range names {
		req.Resources = append(req.Resources, kafka.DescribeConfigRequestResource{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: name, ConfigNames: []string{"retention.ms", "segment.ms", "cleanup.policy"},
		})
	}
	res, err := l.client.DescribeConfigs(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("stream: read how long topics keep records: %w", err)
	}
	settings := map[string]map[string]string{}
	for _, r := range res.Resources {
		if r.Error != nil {
			return nil, fmt.Errorf("stream: read how long topic %s keeps records: %w", r.ResourceName, r.Error)
		}
		settings[r.ResourceName] = map[string]string{}
		for _, e := range r.ConfigEntries {
			settings[r.ResourceName][e.ConfigName] = e.ConfigValue
		}
	}
	list := make([]Kept, len(names))
	for i, name := range names {
		list[i] = Kept{Topic: name, For: longest(settings[name])}
	}
	return list, nil
}

// longest is how long a topic with these settings keeps a record; zero when it never ends, or does not say.
func longest(settings map[string]string) time.Duration {
	retention, err := strconv.ParseInt(settings["retention.ms"], 10, 64)
	if err != nil || retention < 0 || settings["cleanup.policy"] == "compact" {
		return 0
	}
	const day = 24 * time.Hour
	segment := 7 * day // the broker's default
	if ms, err := strconv.ParseInt(settings["segment.ms"], 10, 64); err == nil && ms > 0 {
		segment = time.Duration(min(ms, (365*10*day).Milliseconds())) * time.Millisecond
	}
	return time.Duration(min(retention, (365*100*day).Milliseconds()))*time.Millisecond + segment
}
