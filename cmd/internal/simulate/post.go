package simulate

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// A poster delivers webhooks the way the platforms do: until they are accepted, with growing pauses.
type poster struct {
	target string
	client *http.Client
	stats  *stats
	retry  time.Duration
}

func newPoster(cfg Config, s *stats) *poster {
	transport := &http.Transport{MaxIdleConns: cfg.Senders, MaxIdleConnsPerHost: cfg.Senders, MaxConnsPerHost: cfg.Senders, IdleConnTimeout: 30 * time.Second}
	return &poster{target: cfg.Target, client: &http.Client{Transport: transport, Timeout: 10 * time.Second}, stats: s, retry: cfg.Retry}
}

func (p *poster) close() { p.client.CloseIdleConnections() }

// firstPause is how long a sender waits after the first refusal.
const firstPause = 200 * time.Millisecond

// deliver posts a webhook until it is accepted. What the gateway refuses for good (4xx) is counted and not repeated; an
// error means that the context ended first.
func (p *poster) deliver(ctx context.Context, w *webhook) error {
	pause := firstPause
	for attempt := 0; ; attempt++ {
		if attempt > 0 {
			p.stats.retried()
			if err := nap(ctx, pause); err != nil {
				p.stats.givenUp(w.updates)
				return err
			}
			pause = min(2*pause, p.retry)
		}
		status := p.attempt(w)
		switch {
		case status == http.StatusOK:
			p.stats.accepted(w.channel, w.updates)
			return nil
		case status >= 400 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout:
			return p.refused(w, status)
		}
	}
}

var errRefused = errors.New("refused for good")

// refused stops a sender on an answer that no repetition will change: the configuration does not fit the gateway's.
func (p *poster) refused(w *webhook, status int) error {
	p.stats.givenUp(w.updates)
	if status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound {
		p.stats.fatal(fmt.Errorf("simulate: %s answers %d: the channels file does not fit the gateway's: %w", w.path, status, errRefused))
		return errRefused
	}
	return nil
}

// attempt posts once and gives the status, 0 when there was no answer. It is not cut short by the end of the simulation:
// an answer that is under way decides whether the message counts as acknowledged.
func (p *poster) attempt(w *webhook) int {
	ctx, cancel := context.WithTimeout(context.Background(), p.client.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.target+w.path, bytes.NewReader(w.body))
	if err != nil {
		p.stats.answered(0, 0)
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	set := func(name, value string) {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	set("X-Hub-Signature-256", w.signature)
	set("Origin", w.origin)
	set("User-Agent", w.agent)
	set("X-Forwarded-For", w.address)
	begun := time.Now()
	res, err := p.client.Do(req)
	if err != nil {
		p.stats.answered(0, 0)
		return 0
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		p.stats.answered(0, 0)
		return 0
	}
	p.stats.answered(res.StatusCode, time.Since(begun))
	return res.StatusCode
}

// session asks for a visitor's identity, until there is an answer.
func (p *poster) session(ctx context.Context, cfg Config, visitor *person) error {
	w := cfg.WebWidget.Widgets[visitor.account]
	body, err := json.Marshal(object{"inbox_id": w.ID})
	if err != nil {
		return fmt.Errorf("simulate: encode session request: %w", err)
	}
	pause := firstPause
	for {
		status, err := p.askSession(ctx, body, w, cfg.Forwarded, visitor)
		if err == nil && status == http.StatusOK {
			return nil
		}
		if status == http.StatusForbidden || status == http.StatusNotFound {
			return p.refused(&webhook{path: "/webhooks/webwidget/sessions"}, status)
		}
		if err := nap(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, p.retry)
	}
}

func (p *poster) askSession(ctx context.Context, body []byte, w Widget, forwarded bool, visitor *person) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.target+"/webhooks/webwidget/sessions", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", w.Origin)
	if forwarded {
		req.Header.Set("X-Forwarded-For", visitor.address)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if res.StatusCode != http.StatusOK {
		return res.StatusCode, nil
	}
	var issued struct {
		VisitorID string `json:"visitor_id"`
		SessionID string `json:"session_id"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&issued); err != nil {
		return 0, err
	}
	visitor.visitor, visitor.session = issued.VisitorID, issued.SessionID
	return res.StatusCode, nil
}

// sign makes Meta's signature header.
func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}
