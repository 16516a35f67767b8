package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/cmd/bench/internal/load"
	"switchboard/cmd/bench/internal/report"
	"switchboard/cmd/bench/internal/rig"
)

// A prober posts single messages and watches what becomes of them, by one clock.
type prober struct {
	server *rig.Server
	client *http.Client
	run    string
}

func newProber(s *rig.Server) *prober {
	return &prober{server: s, run: fmt.Sprintf("P%d", time.Now().UnixNano()), client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// message is the webhook of one text message.
func message(person int, id, text string, at time.Time) ([]byte, error) {
	type object map[string]any
	content := object{"from_user_id": load.PersonID(person), "id": id, "timestamp": fmt.Sprint(at.Unix()), "type": "text", "text": object{"body": text}}
	contact := object{"profile": object{"name": load.Name(person)}, "user_id": load.PersonID(person)}
	if phone := load.Phone(person); phone != "" {
		content["from"], contact["wa_id"] = phone, phone
	}
	body, err := json.Marshal(object{"object": "whatsapp_business_account", "entry": []object{{"id": rig.WABA, "changes": []object{{
		"field": "messages", "value": object{
			"messaging_product": "whatsapp", "metadata": object{"display_phone_number": "12025550100", "phone_number_id": rig.PhoneID},
			"contacts": []object{contact}, "messages": []object{content},
		},
	}}}}})
	if err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	return body, nil
}

// post sends one text message of a person and answers the request id it was accepted under.
func (p *prober) post(ctx context.Context, n, person int, text string) (requestID string, err error) {
	body, err := message(person, fmt.Sprintf("wamid.%s-%d", p.run, n), text, time.Now())
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.server.Addr+"/webhooks/whatsapp", bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("probe: %w", err)
	}
	mac := hmac.New(sha256.New, []byte(rig.Secret))
	mac.Write(body)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	response, err := p.client.Do(request)
	if err != nil {
		return "", fmt.Errorf("probe: %w", err)
	}
	defer response.Body.Close() // read to its end below
	var answer struct {
		RequestID string `json:"request_id"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("probe: status %d: %w", response.StatusCode, errors.Join(err, errRefused))
	}
	return answer.RequestID, nil
}

var errRefused = errors.New("the message was not accepted")

// pollPause lies between two looks for a message. Looking costs the server something, so a look is not made more often.
const pollPause = time.Millisecond

// readable waits until the ledger's API gives the message. The ledger is written after the documents, so by then the contact
// and the conversation can be read too.
func (p *prober) readable(ctx context.Context, requestID string) error {
	path := "/ledger?request_id=" + url.QueryEscape(requestID)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		var found struct {
			Items []struct {
				Verdict string `json:"verdict"`
			} `json:"items"`
		}
		if err := p.server.API(ctx, path, &found); err != nil {
			return err
		}
		if len(found.Items) > 0 {
			return nil
		}
		time.Sleep(pollPause)
	}
	return fmt.Errorf("probe: a message was not readable after 30 s: %w", errRefused)
}

// Of 1,000 messages a second, so many are watched.
const (
	pacedRate = 1000
	probeRate = 25
	probeFrom = 60_000 // the first person whose messages are watched; the others belong to the generator
)

func readable(ctx context.Context, b *bench, h *house) ([]report.Figure, error) {
	times, note, err := b.watched(ctx, h, b.long(40*time.Second, 6*time.Second))
	if err != nil {
		return nil, err
	}
	return []report.Figure{
		{
			Name: "POST to readable, " + h.engine + ", p50", Value: times.P50, Unit: "ms", Goal: report.AtMost(10),
			Note: fmt.Sprintf("%d of the messages, from when each was due until the ledger API gives it, looked for every %s; %s", times.Count, pollPause, note),
		},
		{Name: "POST to readable, " + h.engine + ", p99", Value: times.P99, Unit: "ms", Goal: report.AtMost(30)},
	}, nil
}

// watched posts 1,000 messages a second, most of them by the generator, and times the others.
func (b *bench) watched(ctx context.Context, h *house, length time.Duration) (load.Times, string, error) {
	warmup := 2 * time.Second
	spec := load.Spec{Address: h.server.Addr, Connections: 32, Contacts: pipePeople, Rate: pacedRate - probeRate, Warmup: warmup, Duration: length}
	begin := make(chan struct{})
	var times []time.Duration
	group, ctx := errgroup.WithContext(ctx)
	var result load.Result
	group.Go(func() (err error) {
		result, err = b.load(ctx, "POST to readable, "+h.engine, spec, func() { close(begin) })
		return err
	})
	group.Go(func() (err error) {
		select {
		case <-begin:
		case <-ctx.Done():
			return ctx.Err()
		}
		times, err = newProber(h.server).watch(ctx, int(length.Seconds()*probeRate))
		return err
	})
	err := group.Wait()
	return load.TimesOf(times), clean(result), err
}

// watch posts n messages at the probe's rate and times each from when it was due.
func (p *prober) watch(ctx context.Context, n int) ([]time.Duration, error) {
	times := make([]time.Duration, n)
	begun := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for i := range n {
		due := begun.Add(time.Duration(i) * time.Second / probeRate)
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			return nil, group.Wait()
		}
		group.Go(func() error {
			id, err := p.post(ctx, i, probeFrom+i%1000, "Is this message readable yet?")
			if err != nil {
				return err
			}
			if err := p.readable(ctx, id); err != nil {
				return err
			}
			times[i] = time.Since(due)
			return nil
		})
	}
	return times, group.Wait()
}
