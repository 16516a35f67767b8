package instagram

import (
	"testing"

	"switchboard/channels/meta/metatest"
)

func adapter(tb testing.TB) *Adapter {
	tb.Helper()
	a, err := New(Config{
		VerifyToken: "fixture verify+token/=&",
		AppSecrets:  []string{"fixture-app-secret"},
		AppID:       "123450000000001",
		Accounts:    []Account{{ID: "17840000000000001", Name: "Shop"}, {ID: "17840000000000002", Name: "Outlet"}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func TestFixtures(t *testing.T) { metatest.Run(t, adapter(t)) }
