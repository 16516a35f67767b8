package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/channels/whatsapp"
	"switchboard/chat"
	"switchboard/cmd/bench/internal/load"
	"switchboard/cmd/bench/internal/rig"
)

func adapter(t *testing.T) *whatsapp.Adapter {
	t.Helper()
	a, err := whatsapp.New(whatsapp.Config{VerifyToken: "v", AppSecrets: []string{rig.Secret}, Numbers: []whatsapp.Number{{ID: rig.PhoneID, Phone: "+12025550100", WABA: rig.WABA, Name: "Sales"}}})
	require.NoError(t, err)
	return a
}

func TestRowsAreChosenByName(t *testing.T) {
	all, err := choose("")
	require.NoError(t, err)
	require.Len(t, all, len(rows()))
	two, err := choose("pipe, start")
	require.NoError(t, err)
	require.Equal(t, []string{"pipe", "start"}, []string{two[0].name, two[1].name})
	_, err = choose("start,nothing")
	require.ErrorContains(t, err, `"nothing"`)
}

func TestMessagesOfTheProberAreUnderstood(t *testing.T) {
	at := time.Unix(1_790_000_000, 0).UTC()
	for _, person := range []int{7, 90_000} { // with a number, and without
		body, err := message(person, "wamid.X", "hello", at)
		require.NoError(t, err)
		events := adapter(t).Parse(chat.Parcel{Channel: chat.WhatsApp, Value: body})
		require.Len(t, events, 1)
		e := events[0]
		require.Equal(t, chat.KindMessage, e.Kind)
		require.Equal(t, rig.PhoneID, e.Account)
		require.Equal(t, "wamid.X", e.MessageID)
		require.Equal(t, "hello", e.Text)
		require.Equal(t, load.Name(person), e.ContactName)
		require.True(t, at.Equal(e.Timestamp))
	}
}

// The generator's bodies are put together from pieces; what the gateway makes of them must be one message of one person.
func TestMessagesOfTheGeneratorAreUnderstood(t *testing.T) {
	spec := load.Spec{Address: "127.0.0.1:1", Secret: rig.Secret, Number: rig.PhoneID, WABA: rig.WABA, Run: "U", Contacts: 3, BodySize: bodySize}
	bodies, err := load.NewBodies(&spec)
	require.NoError(t, err)
	for n := range int64(5) {
		request, err := bodies.Append(nil, n, time.Unix(1_790_000_000, 0))
		require.NoError(t, err)
		body := request[len(request)-bodySize:]
		parcels := adapter(t).Split(body)
		require.Len(t, parcels, 1)
		require.Equal(t, load.PersonID(int(n)%3), parcels[0].Key)
		events := adapter(t).Parse(chat.Parcel{Channel: chat.WhatsApp, Value: body})
		require.Len(t, events, 1)
		require.Equal(t, chat.KindMessage, events[0].Kind)
		require.Equal(t, load.Name(int(n)%3), events[0].ContactName)
	}
}
