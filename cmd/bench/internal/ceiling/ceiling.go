// Package ceiling holds what Switchboard is measured against and with: bare handlers that do as little as can be done, and a
// Kafka broker in a process of its own.
package ceiling

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"sync"

	"github.com/gofiber/fiber/v2"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A checker verifies signatures with pooled states, as a handler that wants to be fast would.
type checker struct{ pool sync.Pool }

func newChecker(secret string) *checker {
	return &checker{pool: sync.Pool{New: func() any { return hmac.New(sha256.New, []byte(secret)) }}}
}

func (k *checker) authentic(c *fiber.Ctx) bool {
	given, ok := bytes.CutPrefix(c.Request().Header.Peek("X-Hub-Signature-256"), []byte("sha256="))
	if !ok || len(given) != 2*sha256.Size {
		return false
	}
	mac := k.pool.Get().(hash.Hash)
	defer k.pool.Put(mac)
	mac.Reset()
	mac.Write(c.Request().Body())
	var sum [sha256.Size]byte
	var want [2 * sha256.Size]byte
	hex.Encode(want[:], mac.Sum(sum[:0]))
	return hmac.Equal(want[:], given)
}

func newApp() *fiber.App {
	return fiber.New(fiber.Config{DisableStartupMessage: true, BodyLimit: 4 << 20})
}

// Signature is a Fiber handler that only checks the signature.
func Signature(secret string) *fiber.App {
	app, k := newApp(), newChecker(secret)
	app.Post("/webhooks/whatsapp", func(c *fiber.Ctx) error {
		if !k.authentic(c) {
			return c.SendStatus(fiber.StatusUnauthorized)
		}
		return c.SendStatus(fiber.StatusOK)
	})
	return app
}

// Franz is a Fiber handler that checks the signature and produces with franz-go, keyed by the sender, before it answers:
// linger 0, idempotent, acknowledged by all replicas (its defaults).
func Franz(secret, brokers, topic string) (*fiber.App, func(), error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers), kgo.DefaultProduceTopic(topic), kgo.ProducerLinger(0))
	if err != nil {
		return nil, nil, fmt.Errorf("ceiling: franz-go: %w", err)
	}
	if err := client.Ping(context.Background()); err != nil {
		client.Close()
		return nil, nil, fmt.Errorf("ceiling: franz-go: %w", err)
	}
	app, k := newApp(), newChecker(secret)
	app.Post("/webhooks/whatsapp", func(c *fiber.Ctx) error {
		if !k.authentic(c) {
			return c.SendStatus(fiber.StatusUnauthorized)
		}
		body := c.Request().Body()
		record := &kgo.Record{Key: sender(body), Value: body}
		if err := client.ProduceSync(c.UserContext(), record).FirstErr(); err != nil {
			return c.SendStatus(fiber.StatusServiceUnavailable)
		}
		return c.SendStatus(fiber.StatusOK)
	})
	return app, client.Close, nil
}

// sender finds the sender without decoding anything: the cheapest key there is.
func sender(body []byte) []byte {
	_, rest, _ := bytes.Cut(body, []byte(`"from_user_id":"`))
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	return id
}
