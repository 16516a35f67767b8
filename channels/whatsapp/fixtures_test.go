package whatsapp

import (
	"testing"

	"switchboard/channels/meta/metatest"
)

func adapter(tb testing.TB) *Adapter {
	tb.Helper()
	a, err := New(Config{
		VerifyToken: "fixture verify+token/=&",
		AppSecrets:  []string{"rotated-out-secret", "fixture-app-secret"},
		Numbers: []Number{
			{ID: "880000000000001", Phone: "+12025550100", WABA: "990000000000001", Name: "Sales"},
			{ID: "880000000000002", Phone: "+12025550199", WABA: "990000000000002", Name: "Support"},
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func TestFixtures(t *testing.T) { metatest.Run(t, adapter(t)) }
