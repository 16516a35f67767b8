package stream

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// SASL says how to sign in. The zero value does not.
type SASL struct {
	Mechanism string // PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512
	Username  string
	Password  string
}

// String hides the password.
func (s SASL) String() string {
	if s.Mechanism == "" {
		return "none"
	}
	return s.Mechanism + " as " + s.Username
}

// GoString hides the password.
func (s SASL) GoString() string { return s.String() }

func (s SASL) mechanism() (sasl.Mechanism, error) {
	switch strings.ToUpper(s.Mechanism) {
	case "":
		return nil, nil
	case "PLAIN":
		return plain.Mechanism{Username: s.Username, Password: s.Password}, nil
	case "SCRAM-SHA-256":
		return scram.Mechanism(scram.SHA256, s.Username, s.Password)
	case "SCRAM-SHA-512":
		return scram.Mechanism(scram.SHA512, s.Username, s.Password)
	default:
		return nil, fmt.Errorf("stream: SASL mechanism %q is not known: use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", s.Mechanism)
	}
}

const (
	dialTimeout = 5 * time.Second
	// metadataTTL bounds how long a moved leader goes unnoticed: kafka-go does not look it up again when a broker says that
	// it leads no longer.
	metadataTTL = time.Second
)

// A link is how to reach the cluster: kafka-go's transport, and for the group membership its older dialer.
type link struct {
	brokers   []string
	transport *kafka.Transport
	dialer    kafka.Dialer
}

func newLink(cfg Config) (*link, error) {
	if len(cfg.Brokers) == 0 {
		return nil, fmt.Errorf("stream: no broker given")
	}
	mechanism, err := cfg.SASL.mechanism()
	if err != nil {
		return nil, err
	}
	dial := cfg.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	}
	return &link{
		brokers: cfg.Brokers,
		transport: &kafka.Transport{
			Dial:           dial,
			DialTimeout:    dialTimeout,
			MetadataTTL:    metadataTTL,
			MetadataTopics: topicNames(cfg.TopicPrefix),
			ClientID:       cfg.ClientID,
			TLS:            cfg.TLS,
			SASL:           mechanism,
		},
		dialer: kafka.Dialer{
			ClientID:      cfg.ClientID,
			DialFunc:      dial,
			Timeout:       dialTimeout,
			TLS:           cfg.TLS,
			SASLMechanism: mechanism,
		},
	}, nil
}

// client has no time limit of its own: kafka-go would halve it into the long poll. Every request carries a deadline.
func (l *link) client() *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(l.brokers...), Transport: l.transport}
}

func (l *link) close() { l.transport.CloseIdleConnections() }

// pause waits, or returns false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
