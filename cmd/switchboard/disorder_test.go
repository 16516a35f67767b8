package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sort"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

type object = map[string]any

// updates makes the 1,000-update batch of the fixtures' gen_batch.py: 40 senders, 60 % text, 10 % image, 10 % reactions, 20 %
// statuses, 5 % exact duplicates, shuffled. Each update is a change of one webhook. Every second status and reaction is for
// a message of the batch itself, so that they can arrive before it.
func updates(seed uint64, n int) []any {
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test
	begin := time.Now().Add(-time.Duration(n+3600) * time.Second).Unix()
	id := func(tag string) string { return "wamid." + base64.StdEncoding.EncodeToString([]byte(tag)) }
	at := func(i int) string { return strconv.FormatInt(begin+int64(i), 10) }
	var list []any
	var echoed, written []string
	told := map[string]int{} // how many delivery words a message has: the same word again would be the same event
	for i := range n {
		if len(list) > 0 && r.IntN(20) == 0 {
			list = append(list, list[r.IntN(len(list))])
			continue
		}
		who := r.IntN(40)
		phone, bsuid := fmt.Sprintf("120255501%02d", who), fmt.Sprintf("US.9200000000000000%04d", who)
		value := object{
			"messaging_product": "whatsapp", "metadata": object{"display_phone_number": "12025550100", "phone_number_id": "880000000000001"},
			"contacts": []any{object{"profile": object{"name": fmt.Sprintf("Batch Person %02d", who)}, "wa_id": phone, "user_id": bsuid}},
		}
		message := object{"from": phone, "from_user_id": bsuid, "id": id(fmt.Sprint("m", seed, ":", i)), "timestamp": at(i)}
		field := "messages"
		switch k := r.IntN(100); {
		case k < 50:
			message["type"], message["text"] = "text", object{"body": fmt.Sprint("message number ", i)}
			written = append(written, message["id"].(string)+"|"+phone+"|"+bsuid)
			value["messages"] = []any{message}
		case k < 60:
			message["type"], message["image"] = "image", object{"id": strconv.Itoa(710000000000000 + i), "mime_type": "image/jpeg", "sha256": "x"}
			value["messages"] = []any{message}
		case k < 70:
			field = "smb_message_echoes"
			echo := object{"from": "12025550100", "to": phone, "to_user_id": bsuid, "id": message["id"], "timestamp": at(i), "type": "text", "text": object{"body": fmt.Sprint("answer ", i)}}
			echoed = append(echoed, message["id"].(string)+"|"+phone+"|"+bsuid)
			value["message_echoes"] = []any{echo}
		case k < 80 && len(written) > 0:
			target := written[r.IntN(len(written))]
			message["type"], message["reaction"] = "reaction", object{"message_id": part(target, 0), "emoji": "👍"}
			message["from"], message["from_user_id"] = part(target, 1), part(target, 2)
			value["messages"], value["contacts"] = []any{message}, []any{object{"wa_id": part(target, 1), "user_id": part(target, 2)}}
		case len(echoed) > 0 && told[echoed[i%len(echoed)]] < 3:
			target := echoed[i%len(echoed)]
			word := []string{"read", "sent", "delivered"}[told[target]]
			told[target]++
			value["statuses"] = []any{object{"id": part(target, 0), "status": word, "timestamp": at(i), "recipient_id": part(target, 1), "recipient_user_id": part(target, 2)}}
			value["contacts"] = []any{object{"wa_id": part(target, 1), "user_id": part(target, 2)}}
		default:
			value["statuses"] = []any{object{"id": id(fmt.Sprint("o", i)), "status": "delivered", "timestamp": at(i), "recipient_id": phone, "recipient_user_id": bsuid}}
		}
		list = append(list, object{"value": value, "field": field})
	}
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func part(joined string, n int) string {
	from := 0
	for i := range joined {
		if joined[i] != '|' {
			continue
		}
		if n == 0 {
			return joined[from:i]
		}
		n, from = n-1, i+1
	}
	return joined[from:]
}

func batchBody(t testing.TB, changes []any) []byte {
	t.Helper()
	raw, err := json.Marshal(object{"object": "whatsapp_business_account", "entry": []any{object{"id": "990000000000001", "changes": changes}}})
	require.NoError(t, err)
	return raw
}

// A view is what agents see of one person: everything that must not depend on order or repetition of delivery.
type personView struct {
	Name     string
	Phone    string
	Messages []messageView
	Inbound  int64
}

type messageView struct {
	MessageID string `json:"message_id"`
	Direction string `json:"direction"`
	Type      string `json:"type"`
	Text      string `json:"text"`
	Status    string `json:"status"`
	Timestamp time.Time
	Reactions []struct {
		By    string `json:"by"`
		Emoji string `json:"emoji"`
	} `json:"reactions"`
}

// people reads the view of everybody, by telephone number. Each has one conversation.
func (h *house) people(t testing.TB) map[string]personView {
	t.Helper()
	seen := map[string]personView{}
	for after := ""; ; {
		var page listOf[struct {
			ID        string `json:"id"`
			ContactID string `json:"contact_id"`
			Inbound   int64  `json:"inbound_count"`
		}]
		h.api(t, "/api/v1/conversations?limit=200&after="+url.QueryEscape(after), &page)
		for _, c := range page.Items {
			var contact struct{ Name, Phone string }
			h.api(t, "/api/v1/contacts/"+c.ContactID, &contact)
			v := personView{Name: contact.Name, Phone: contact.Phone, Inbound: c.Inbound}
			for from := ""; ; {
				var messages listOf[messageView]
				h.api(t, "/api/v1/conversations/"+c.ID+"/messages?limit=200&after="+url.QueryEscape(from), &messages)
				v.Messages = append(v.Messages, messages.Items...)
				if from = messages.Next; from == "" {
					break
				}
			}
			_, twice := seen[contact.Phone]
			require.False(t, twice, "%s has two conversations", contact.Phone)
			seen[contact.Phone] = v
		}
		if after = page.Next; after == "" {
			return seen
		}
	}
}

// P2 and P3: the same thousand updates posted once, five times at the same time, and in shuffled pieces give the same
// conversations.
func TestDuplicatesAndDisorderChangeNothing(t *testing.T) {
	duplicatesAndDisorderChangeNothing(t, func(t *testing.T) map[string]string { return settings(t) })
}

func duplicatesAndDisorderChangeNothing(t *testing.T, fresh func(*testing.T) map[string]string) {
	const n = 1000
	list := updates(7, n)
	whole := batchBody(t, list)
	once := open(t, fresh(t))
	once.awaitReady(t)
	once.webhook(t, "whatsapp", whole)
	once.settled(t)
	want := once.people(t)
	require.Len(t, want, 40)
	requireSumCloses(t, once)
	once.close(t)

	t.Run("five times at once", func(t *testing.T) {
		h := open(t, fresh(t))
		h.awaitReady(t)
		var posts sync.WaitGroup
		for range 5 {
			posts.Go(func() { h.webhook(t, "whatsapp", whole) })
		}
		posts.Wait()
		h.settled(t)
		require.Empty(t, cmp.Diff(want, h.people(t)))
		requireSumCloses(t, h)
		var sum struct{ Received, Applied int64 }
		h.api(t, "/api/v1/ledger/summary", &sum)
		require.EqualValues(t, 5*n, sum.Received)
		require.EqualValues(t, distinct(t, list), sum.Applied)
	})
	t.Run("in shuffled pieces", func(t *testing.T) {
		h := open(t, fresh(t))
		h.awaitReady(t)
		r := rand.New(rand.NewPCG(99, 1)) //nolint:gosec // a test
		pieces := append([]any(nil), list...)
		r.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		work := make(chan []any)
		var posts sync.WaitGroup
		for range 4 {
			posts.Go(func() {
				for piece := range work {
					h.webhook(t, "whatsapp", batchBody(t, piece))
				}
			})
		}
		for len(pieces) > 0 {
			size := min(1+r.IntN(12), len(pieces))
			work <- pieces[:size]
			pieces = pieces[size:]
		}
		close(work)
		posts.Wait()
		h.settled(t)
		require.Empty(t, cmp.Diff(want, h.people(t)))
		requireSumCloses(t, h)
	})
}

// distinct counts the updates that are not exact repetitions.
func distinct(t testing.TB, list []any) int {
	t.Helper()
	var all []string
	for _, u := range list {
		raw, err := json.Marshal(u)
		require.NoError(t, err)
		all = append(all, string(raw))
	}
	sort.Strings(all)
	n := 0
	for i := range all {
		if i == 0 || all[i] != all[i-1] {
			n++
		}
	}
	return n
}
