package whatsapp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

func TestAUserIDTellsTheCountryOfWhoeverHidesTheirNumber(t *testing.T) {
	for name, c := range map[string]struct {
		sender string
		want   *chat.Geo
	}{
		"a user id":     {`"from_user_id":"AU.90"`, &chat.Geo{Country: "AU", CountryName: "Australia", Source: "profile", Accuracy: "country"}},
		"no country":    {`"from_user_id":"QQ.90"`, nil},
		"no user id":    {`"from_user_id":"90"`, nil},
		"only a number": {`"from":"61491570156"`, nil}, // the gateway knows more of it
	} {
		t.Run(name, func(t *testing.T) {
			body := envelopeOf("messages", `"messages":[{`+c.sender+`,"id":"wamid.1","timestamp":"1791190800","type":"text","text":{"body":"x"}}]`)
			events := adapter(t).Parse(chat.Parcel{Value: body})
			require.Len(t, events, 1)
			if c.want == nil {
				require.Nil(t, events[0].Session)
				return
			}
			require.Equal(t, c.want, events[0].Session.Geo)
		})
	}
}
