package stream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

// MaxMessageBytes is what a topic must take in one batch: a 4 MiB webhook with its headers.
const MaxMessageBytes = 5 << 20

// leastMessageBytes is what an existing topic must allow; a little less than what new ones get.
const leastMessageBytes = 4<<20 + 64<<10

// A topic is one of the three as it was found.
type topic struct {
	name       string
	partitions int
	maxBytes   int
}

type topics struct{ inbound, quarantine, changes topic }

// topicNames are switchboard.inbound, switchboard.quarantine and switchboard.changes, with the default prefix.
func topicNames(prefix string) []string {
	return []string{prefix + "inbound", prefix + "quarantine", prefix + "changes"}
}

// A Problem is something about a topic that should be otherwise, and what to do about it.
type Problem struct {
	Topic, What, Fix string
	fatal            bool
}

func (p Problem) Error() string { return fmt.Sprintf("topic %s: %s: %s", p.Topic, p.What, p.Fix) }

// Inspect checks brokers, topics and rights without creating anything. Problems it returns weaken a promise; an error means
// that Open would fail.
func Inspect(ctx context.Context, cfg Config) ([]Problem, error) {
	cfg = cfg.withDefaults()
	cfg.CreateTopics = false
	link, err := newLink(cfg)
	if err != nil {
		return nil, err
	}
	defer link.close()
	return (&checker{cfg: cfg, client: link.client()}).check(ctx)
}

// A checker looks at the topics, and makes those that are missing.
type checker struct {
	cfg    Config
	client *kafka.Client
	topics topics // the outcome
}

func (c *checker) check(ctx context.Context) ([]Problem, error) {
	meta, err := c.metadata(ctx)
	if err != nil {
		return nil, err
	}
	if meta, err = c.createMissing(ctx, meta); err != nil {
		return nil, err
	}
	limits, problems := c.limits(ctx)
	var fatal []error
	for i := range meta.Topics {
		found, more := c.judge(&meta.Topics[i], limits[meta.Topics[i].Name], len(meta.Brokers))
		c.keep(found)
		problems = append(problems, more...)
	}
	mild := problems[:0]
	for _, p := range problems {
		if p.fatal {
			fatal = append(fatal, p)
		} else {
			mild = append(mild, p)
		}
	}
	if len(fatal) > 0 {
		return nil, fmt.Errorf("stream: %w", errors.Join(fatal...))
	}
	return mild, nil
}

func (c *checker) keep(t topic) {
	switch strings.TrimPrefix(t.name, c.cfg.TopicPrefix) {
	case "inbound":
		c.topics.inbound = t
	case "quarantine":
		c.topics.quarantine = t
	case "changes":
		c.topics.changes = t
	}
}

// metadata waits until a broker answers.
func (c *checker) metadata(ctx context.Context) (*kafka.MetadataResponse, error) {
	for attempt := 0; ; attempt++ {
		meta, err := c.ask(ctx)
		if err == nil {
			return meta, nil
		}
		if errors.Is(err, kafka.SASLAuthenticationFailed) || errors.Is(err, kafka.UnsupportedSASLMechanism) {
			return nil, fmt.Errorf("stream: sign in to %s with SASL %s: %w: check mechanism, user and password", strings.Join(c.cfg.Brokers, ","), c.cfg.SASL, err)
		}
		if !pause(ctx, backoff(attempt)) {
			return nil, fmt.Errorf("stream: no broker answers at %s: %w: check the addresses, that Kafka runs, and the TLS and SASL settings",
				strings.Join(c.cfg.Brokers, ","), err)
		}
	}
}

func (c *checker) ask(ctx context.Context) (*kafka.MetadataResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return c.client.Metadata(ctx, &kafka.MetadataRequest{Topics: topicNames(c.cfg.TopicPrefix)})
}

func missing(meta *kafka.MetadataResponse) []string {
	var names []string
	for _, t := range meta.Topics {
		if errors.Is(t.Error, kafka.UnknownTopicOrPartition) {
			names = append(names, t.Name)
		}
	}
	return names
}

func (c *checker) createMissing(ctx context.Context, meta *kafka.MetadataResponse) (*kafka.MetadataResponse, error) {
	names := missing(meta)
	if len(names) == 0 {
		return c.settled(ctx, meta)
	}
	if !c.cfg.CreateTopics {
		return nil, fmt.Errorf("stream: topics are missing: %s: create them (partitions of inbound: %d, max.message.bytes=%d), or allow Switchboard to",
			strings.Join(names, ", "), max(c.cfg.Partitions, DefaultPartitions), MaxMessageBytes)
	}
	req := &kafka.CreateTopicsRequest{}
	for _, name := range names {
		req.Topics = append(req.Topics, c.newTopic(name, len(meta.Brokers)))
	}
	createCtx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	res, err := c.client.CreateTopics(createCtx, req)
	if err != nil {
		return nil, fmt.Errorf("stream: create topics %s: %w", strings.Join(names, ", "), err)
	}
	for name, err := range res.Errors {
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			return nil, fmt.Errorf("stream: create topic %s: %w: %s", name, err, creationFix(err))
		}
	}
	return c.settled(ctx, meta)
}

func creationFix(err error) string {
	switch {
	case errors.Is(err, kafka.TopicAuthorizationFailed), errors.Is(err, kafka.ClusterAuthorizationFailed):
		return "grant this user CREATE on the topic, or create it by hand"
	case errors.Is(err, kafka.InvalidReplicationFactor):
		return "fewer brokers are up than the replication asks for: start them, or set the replication lower"
	default:
		return "see the broker's log"
	}
}

func (c *checker) newTopic(name string, brokers int) kafka.TopicConfig {
	replication := c.cfg.Replication
	if replication == 0 {
		replication = max(1, min(3, brokers))
	}
	partitions, retention := 1, 30*24*time.Hour
	switch name {
	case c.cfg.TopicPrefix + "inbound":
		if partitions = c.cfg.Partitions; partitions == 0 {
			partitions = DefaultPartitions
		}
		retention = c.cfg.Retention
	case c.cfg.TopicPrefix + "changes":
		retention = time.Hour
	}
	t := kafka.TopicConfig{Topic: name, NumPartitions: partitions, ReplicationFactor: replication, ConfigEntries: []kafka.ConfigEntry{
		{ConfigName: "cleanup.policy", ConfigValue: "delete"},
		{ConfigName: "retention.ms", ConfigValue: strconv.FormatInt(retention.Milliseconds(), 10)},
		{ConfigName: "max.message.bytes", ConfigValue: strconv.Itoa(MaxMessageBytes)},
	}}
	if replication >= 3 {
		t.ConfigEntries = append(t.ConfigEntries, kafka.ConfigEntry{ConfigName: "min.insync.replicas", ConfigValue: "2"})
	}
	return t
}

// settled waits until the topics exist and each partition has a leader: creation spreads through a cluster slowly.
func (c *checker) settled(ctx context.Context, meta *kafka.MetadataResponse) (*kafka.MetadataResponse, error) {
	for {
		unsettled := ""
		for _, t := range meta.Topics {
			if errors.Is(t.Error, kafka.TopicAuthorizationFailed) {
				return nil, fmt.Errorf("stream: topic %s: %w: grant this user DESCRIBE, READ and WRITE on it", t.Name, t.Error)
			}
			if t.Error != nil || len(t.Partitions) == 0 || !led(t.Partitions) {
				unsettled = t.Name
			}
		}
		if unsettled == "" {
			return meta, nil
		}
		if !pause(ctx, 50*time.Millisecond) {
			return nil, fmt.Errorf("stream: topic %s has partitions without a leader: start the brokers that hold them", unsettled)
		}
		fresh, err := c.ask(ctx)
		if err != nil {
			continue // a broker went away for a moment; ctx bounds the wait
		}
		meta = fresh
	}
}

func led(partitions []kafka.Partition) bool {
	for _, p := range partitions {
		if p.Leader.Host == "" {
			return false
		}
	}
	return true
}

// limits reads the topics' settings. Not being allowed to is a problem, not a failure.
func (c *checker) limits(ctx context.Context) (map[string]map[string]string, []Problem) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	names := topicNames(c.cfg.TopicPrefix)
	req := &kafka.DescribeConfigsRequest{}
	for _, name := range names {
		req.Resources = append(req.Resources, kafka.DescribeConfigRequestResource{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: name, ConfigNames: []string{"max.message.bytes", "min.insync.replicas"},
		})
	}
	unknown := func(name string, err error) Problem {
		return Problem{Topic: name, What: "its settings cannot be read (" + err.Error() + ")", Fix: "grant this user DESCRIBE_CONFIGS on it"}
	}
	res, err := c.client.DescribeConfigs(ctx, req)
	if err != nil {
		return nil, []Problem{unknown(strings.Join(names, ", "), err)}
	}
	limits, problems := make(map[string]map[string]string), []Problem(nil)
	for _, r := range res.Resources {
		if r.Error != nil {
			problems = append(problems, unknown(r.ResourceName, r.Error))
			continue
		}
		limits[r.ResourceName] = make(map[string]string)
		for _, e := range r.ConfigEntries {
			limits[r.ResourceName][e.ConfigName] = e.ConfigValue
		}
	}
	return limits, problems
}

// judge compares a topic with what the promises need.
func (c *checker) judge(t *kafka.Topic, limits map[string]string, brokers int) (topic, []Problem) {
	found := topic{name: t.Name, partitions: len(t.Partitions), maxBytes: MaxMessageBytes}
	var problems []Problem
	report := func(fatal bool, what, fix string) {
		problems = append(problems, Problem{Topic: t.Name, What: what, Fix: fix, fatal: fatal})
	}
	if want := c.cfg.Partitions; want != 0 && want != found.partitions && t.Name == c.cfg.TopicPrefix+"inbound" {
		report(true, fmt.Sprintf("has %d partitions, %d are configured", found.partitions, want),
			"configure the number it has; adding partitions moves people to other partitions and loses their order")
	}
	if n, err := strconv.Atoi(limits["max.message.bytes"]); err == nil {
		if n < leastMessageBytes {
			report(true, fmt.Sprintf("max.message.bytes is %d, webhooks can have 4 MiB", n),
				fmt.Sprintf("kafka-configs --alter --entity-type topics --entity-name %s --add-config max.message.bytes=%d", t.Name, MaxMessageBytes))
		}
		found.maxBytes = min(found.maxBytes, n)
	}
	c.judgeReplicas(t, limits, brokers, report)
	return found, problems
}

func (c *checker) judgeReplicas(t *kafka.Topic, limits map[string]string, brokers int, report func(bool, string, string)) {
	replicas := len(t.Partitions[0].Replicas)
	if want := c.cfg.Replication; want > replicas {
		report(true, fmt.Sprintf("has %d replicas, %d are configured", replicas, want), "reassign its partitions, or configure what it has")
	}
	if replicas < 3 && brokers >= 3 {
		report(false, fmt.Sprintf("has %d replicas although there are %d brokers", replicas, brokers), "reassign its partitions to three brokers")
	}
	insync, err := strconv.Atoi(limits["min.insync.replicas"])
	if err != nil {
		return
	}
	if replicas >= 3 && insync < 2 {
		report(false, "min.insync.replicas is 1: a record can be acknowledged by one broker alone and be lost with it", "set it to 2")
	}
	if insync > 1 && insync >= replicas {
		report(false, fmt.Sprintf("min.insync.replicas is %d of %d replicas: one broker away stops intake", insync, replicas), "set it one lower, or add a replica")
	}
}
