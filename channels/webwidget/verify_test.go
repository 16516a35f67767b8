package webwidget

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"switchboard/channels"
	"switchboard/chat"
)

func userHash(secret, externalID string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(externalID))
	return hex.EncodeToString(h.Sum(nil))
}

func token(t testing.TB, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	s, err := jwt.NewWithClaims(method, claims).SignedString(key)
	require.NoError(t, err)
	return s
}

func TestVerifyRefuses(t *testing.T) {
	a := testAdapter(t)
	v, other := issued(t, a, testInbox, testOrigin), issued(t, a, testInbox, testOrigin)
	hello := text("c1", "hello")
	created := func(message map[string]any) string {
		return body(t, testInbox, v, eventMessageCreated, map[string]any{"message": message})
	}
	many := make([]map[string]any, 11)
	for i := range many {
		many[i] = map[string]any{"upload_id": strconv.Itoa(i)}
	}
	stolen := visitor{ID: v.ID, SessionID: other.SessionID}
	for name, c := range map[string]struct {
		r    *channels.Request
		want error
	}{
		"empty body":            {fromShop(""), errNotJSON},
		"array":                 {fromShop("[]"), errNotJSON},
		"null":                  {fromShop("null"), errNotJSON},
		"cut off":               {fromShop(`{"inbox_id":"wgt_demo_01"`), errNotJSON},
		"two bodies":            {fromShop(`{} {}`), errNotJSON},
		"invalid UTF-8":         {fromShop("{\"inbox_id\":\"\xff\"}"), errNotJSON},
		"too deep":              {fromShop(`{"x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`), errTooDeep},
		"deep enough to crash":  {fromShop(`{"x":` + strings.Repeat(`{"x":`, 500_000)), errTooDeep},
		"too large":             {fromShop(`{"x":"` + strings.Repeat("x", maxBody) + `"}`), errTooLarge},
		"unknown inbox":         {fromShop(body(t, "nope", v, eventMessageCreated, hello)), errInbox},
		"inbox as operator":     {fromShop(`{"inbox_id":{"$ne":""}}`), errBadType},
		"foreign origin":        {request(body(t, testInbox, v, eventMessageCreated, hello), "Origin: https://evil.test"), errOrigin},
		"null origin":           {request(body(t, testInbox, v, eventMessageCreated, hello), "Origin: null"), errOrigin},
		"empty origin":          {request(body(t, testInbox, v, eventMessageCreated, hello), "Origin: "), errOrigin},
		"origin with path":      {request(body(t, testInbox, v, eventMessageCreated, hello), "Origin: "+testOrigin+"/"), errOrigin},
		"other widget's origin": {request(body(t, testInbox, v, eventMessageCreated, hello), "Origin: http://localhost:3000"), errOrigin},
		"no origin, unsigned":   {request(body(t, testInbox, v, eventMessageCreated, hello)), errSignature},
		"no visitor":            {fromShop(`{"inbox_id":"wgt_demo_01","event":"message.created","message":{"client_id":"c","text":"x"}}`), errSession},
		"visitor null":          {fromShop(`{"inbox_id":"wgt_demo_01","event":"message.created","visitor":null,"message":{"client_id":"c","text":"x"}}`), errSession},
		"visitor as string":     {fromShop(`{"inbox_id":"wgt_demo_01","visitor":"x"}`), errBadType},
		"visitor as operator":   {fromShop(`{"inbox_id":"wgt_demo_01","visitor":{"id":{"$gt":""},"session_id":{"$ne":null}}}`), errBadType},
		"no session":            {fromShop(body(t, testInbox, visitor{ID: v.ID}, eventMessageCreated, hello)), errSession},
		"another's session":     {fromShop(body(t, testInbox, stolen, eventMessageCreated, hello)), errSession},
		"huge session":          {fromShop(body(t, testInbox, visitor{ID: v.ID, SessionID: strings.Repeat("x", 1<<20)}, eventMessageCreated, hello)), errSession},
		"no event":              {fromShop(body(t, testInbox, v, "", nil)), errNoEvent},
		"event as number":       {fromShop(strings.Replace(body(t, testInbox, v, "PUT", nil), `"PUT"`, "7", 1)), errBadType},
		"control in event":      {fromShop(body(t, testInbox, v, "a\nb", nil)), errNoEvent},
		"long event id":         {fromShop(body(t, testInbox, v, eventPageViewed, map[string]any{"event_id": strings.Repeat("x", 129)})), errEventID},
		"another version":       {fromShop(body(t, testInbox, v, eventPageViewed, map[string]any{"v": 2})), errVersion},
		"version as text":       {fromShop(body(t, testInbox, v, eventPageViewed, map[string]any{"v": "1"})), errBadType},
		"no message":            {fromShop(body(t, testInbox, v, eventMessageCreated, nil)), errNoMessage},
		"no client id":          {fromShop(created(map[string]any{"text": "x"})), errClientID},
		"client id as number":   {fromShop(created(map[string]any{"client_id": 7, "text": "x"})), errBadType},
		"blank":                 {fromShop(created(map[string]any{"client_id": "c", "text": " \t\n"})), errBlank},
		"no text":               {fromShop(created(map[string]any{"client_id": "c"})), errBlank},
		"invisible":             {fromShop(created(map[string]any{"client_id": "c", "text": "\u200b\u200e\u00a0\x00"})), errBlank},
		"text as operator":      {fromShop(created(map[string]any{"client_id": "c", "text": map[string]any{"$where": "1"}})), errBadType},
		"text too long":         {fromShop(created(map[string]any{"client_id": "c", "text": strings.Repeat("x", 10_001)})), errTextTooLong},
		"long in code points":   {fromShop(created(map[string]any{"client_id": "c", "text": strings.Repeat("👋", 10_001)})), errTextTooLong},
		"reply_to as list":      {fromShop(created(map[string]any{"client_id": "c", "text": "x", "reply_to": []string{"a"}})), errBadType},
		"long reply_to":         {fromShop(created(map[string]any{"client_id": "c", "text": "x", "reply_to": strings.Repeat("x", 129)})), errReplyTo},
		"11 attachments":        {fromShop(created(map[string]any{"client_id": "c", "attachments": many})), errAttachments},
		"no upload id":          {fromShop(created(map[string]any{"client_id": "c", "attachments": []any{map[string]any{"name": "x"}}})), errUploadID},
		"attachment as text":    {fromShop(created(map[string]any{"client_id": "c", "attachments": []any{"x"}})), errBadType},
		"delete of nothing":     {fromShop(body(t, testInbox, v, eventMessageDeleted, nil)), errClientID},
		"read of nothing":       {fromShop(body(t, testInbox, v, eventMessageRead, map[string]any{"message": map[string]any{}})), errMessageID},
		"identified as nobody":  {fromShop(body(t, testInbox, v, eventIdentified, nil)), errNotIdentified},
		"prechat as operator":   {fromShop(body(t, testInbox, v, eventPrechat, map[string]any{"prechat": map[string]any{"email": map[string]any{"$gt": ""}}})), errBadType},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.Verify(c.r)
			require.ErrorIs(t, err, c.want)
			require.NotPanics(t, func() { a.Split(c.r.Body); a.Parse(chat.Parcel{Value: c.r.Body}) })
		})
	}
}

func TestVerifyAcceptsWhatIsUnusual(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	for name, more := range map[string]map[string]any{
		"no version":        {"v": nil, "message": map[string]any{"client_id": "c", "text": "x"}},
		"unknown fields":    {"$where": "x", "more": []any{1, map[string]any{"a": nil}}, "message": map[string]any{"client_id": "c", "text": "x", "$set": 1}},
		"advisory nonsense": {"client": "x", "page": []any{1}, "csat": 7, "sent_at": map[string]any{}, "message": map[string]any{"client_id": "c", "text": "x"}},
		"10,000 characters": {"message": map[string]any{"client_id": "c", "text": strings.Repeat("👋", 10_000)}},
		"only attachments":  {"message": map[string]any{"client_id": "c", "text": nil, "attachments": []any{map[string]any{"upload_id": "u", "size": "huge"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			events := parse(t, a, fromShop(body(t, testInbox, v, eventMessageCreated, more)))
			require.Equal(t, chat.KindMessage, events[0].Kind)
		})
	}
}

func TestIdentityProof(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	exp := testNow.Add(time.Hour).Unix()
	good := jwt.MapClaims{"sub": "user_1842", "exp": exp, "name": "Ada Quill", "email": "Ada@Example.com"}
	sign := func(claims jwt.MapClaims) string {
		return token(t, jwt.SigningMethodHS256, []byte(testSecret), claims)
	}
	none := token(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good)
	for name, c := range map[string]struct {
		v  visitor
		ok bool
	}{
		"hash":                          {visitor{ExternalID: "user_1842", UserHash: userHash(testSecret, "user_1842")}, true},
		"hash in capitals":              {visitor{ExternalID: "user_1842", UserHash: strings.ToUpper(userHash(testSecret, "user_1842"))}, true},
		"no proof":                      {visitor{ExternalID: "user_1842"}, false},
		"hash of another":               {visitor{ExternalID: "user_1842", UserHash: userHash(testSecret, "user_1")}, false},
		"hash of another widget":        {visitor{ExternalID: "user_1842", UserHash: userHash("another-long-widget-secret", "user_1842")}, false},
		"hash without secret":           {visitor{ExternalID: "user_1842", UserHash: userHash("", "user_1842")}, false},
		"cut hash":                      {visitor{ExternalID: "user_1842", UserHash: userHash(testSecret, "user_1842")[:32]}, false},
		"hash, no id":                   {visitor{UserHash: userHash(testSecret, "")}, false},
		"hash of a blank id":            {visitor{ExternalID: " ", UserHash: userHash(testSecret, " ")}, false},
		"hash of an id with controls":   {visitor{ExternalID: "a\x00", UserHash: userHash(testSecret, "a\x00")}, false},
		"token":                         {visitor{JWT: sign(good)}, true},
		"token and the same id":         {visitor{JWT: sign(good), ExternalID: "user_1842"}, true},
		"token and hash":                {visitor{JWT: sign(good), ExternalID: "user_1842", UserHash: userHash(testSecret, "user_1842")}, true},
		"token and a wrong hash":        {visitor{JWT: sign(good), ExternalID: "user_1842", UserHash: userHash(testSecret, "x")}, false},
		"token and another id":          {visitor{JWT: sign(good), ExternalID: "user_1"}, false},
		"hash and a wrong token":        {visitor{JWT: none, ExternalID: "user_1842", UserHash: userHash(testSecret, "user_1842")}, false},
		"expired token":                 {visitor{JWT: sign(jwt.MapClaims{"sub": "u", "exp": testNow.Add(-time.Hour).Unix()})}, false},
		"token without exp":             {visitor{JWT: sign(jwt.MapClaims{"sub": "u"})}, false},
		"token not yet valid":           {visitor{JWT: sign(jwt.MapClaims{"sub": "u", "exp": exp, "nbf": testNow.Add(time.Hour).Unix()})}, false},
		"token without sub":             {visitor{JWT: sign(jwt.MapClaims{"exp": exp})}, false},
		"token with a number as sub":    {visitor{JWT: sign(jwt.MapClaims{"exp": exp, "sub": 7})}, false},
		"token with an operator as sub": {visitor{JWT: sign(jwt.MapClaims{"exp": exp, "sub": map[string]any{"$ne": ""}})}, false},
		"unsigned token":                {visitor{JWT: none}, false},
		"token of another algorithm":    {visitor{JWT: token(t, jwt.SigningMethodHS512, []byte(testSecret), good)}, false},
		"token of another secret":       {visitor{JWT: token(t, jwt.SigningMethodHS256, []byte("x"), good)}, false},
		"token with an odd name":        {visitor{JWT: sign(jwt.MapClaims{"sub": "user_1842", "exp": exp, "name": []int{1}})}, true},
		"no token":                      {visitor{JWT: "x.y.z"}, false},
		"huge token":                    {visitor{JWT: sign(jwt.MapClaims{"sub": "u", "exp": exp, "name": strings.Repeat("x", maxToken)})}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c.v.ID, c.v.SessionID = v.ID, v.SessionID
			r := fromShop(body(t, testInbox, c.v, eventIdentified, nil))
			_, err := a.Verify(r)
			if !c.ok {
				require.ErrorIs(t, err, errProof)
				return
			}
			require.NoError(t, err)
			e := parse(t, a, r)[0]
			require.Equal(t, "user_1842", e.ContactKey)
			require.True(t, e.Verified)
		})
	}
}

func TestUnprovenIdentityIsAClaimWhereTheWidgetAllowsIt(t *testing.T) {
	a := testAdapter(t)
	const origin = "http://localhost:3000"
	v := issued(t, a, "wgt_open", origin)
	v.ExternalID, v.Name = "user_1842", "Mallory"
	e := parse(t, a, request(body(t, "wgt_open", v, eventIdentified, nil), "Origin: "+origin))[0]
	require.Equal(t, v.ID, e.ContactKey)
	require.Equal(t, chat.IdentityVisitor, e.KeyType)
	require.False(t, e.Verified)
	require.Len(t, e.Identities, 1)
	require.Equal(t, map[string]string{"external_id": "user_1842", "name": "Mallory"}, e.Claims)
	require.NotContains(t, e.Aliases, "external_id")

	v.UserHash = userHash("guessed", "user_1842")
	_, err := a.Verify(request(body(t, "wgt_open", v, eventIdentified, nil), "Origin: "+origin))
	require.ErrorIs(t, err, errProof, "a wrong proof is always refused")
}

func TestParseTrustsAnExpiredTokenOfTheLog(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	v.JWT = token(t, jwt.SigningMethodHS256, []byte(testSecret), jwt.MapClaims{"sub": "user_1842", "exp": testNow.Add(time.Minute).Unix()})
	r := fromShop(body(t, testInbox, v, eventIdentified, nil))
	before := parse(t, a, r)
	rotated := testConfig()
	rotated.Widgets[0].Secret = "a-new-secret-of-the-widget"
	later, err := New(rotated, []byte("a new key of the installation"))
	require.NoError(t, err)
	require.Equal(t, before, later.Parse(chat.Parcel{Value: r.Body, ReceivedAt: r.ReceivedAt, Client: r.Client}))

	r.ReceivedAt = testNow.Add(time.Hour)
	_, err = a.Verify(r)
	require.ErrorIs(t, err, errProof, "intake judges by the clock")
}

func TestVectors(t *testing.T) {
	var vectors struct {
		Widget struct {
			Secret string `json:"secret"`
			Hashes []struct {
				ID   string `json:"external_id"`
				Hash string `json:"hash"`
			} `json:"user_hash"`
		} `json:"widget_identity"`
		Webhooks struct {
			Secrets []string `json:"secrets"`
			Now     int64    `json:"now"`
			Body    string   `json:"body"`
			Cases   []struct {
				Name    string            `json:"name"`
				Headers map[string]string `json:"headers"`
				Accept  bool              `json:"accept"`
			} `json:"cases"`
		} `json:"standard_webhooks"`
	}
	raw, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &vectors))
	in := &inbox{Widget: Widget{Secret: vectors.Widget.Secret}}
	require.Len(t, vectors.Widget.Hashes, 3)
	for _, c := range vectors.Widget.Hashes {
		require.True(t, in.provesHash(c.ID, c.Hash), c.ID)
		require.False(t, in.provesHash(c.ID+"x", c.Hash), c.ID)
	}
	require.NotEmpty(t, vectors.Webhooks.Cases)
	for _, c := range vectors.Webhooks.Cases {
		t.Run(c.Name, func(t *testing.T) {
			var headers []string
			for name, value := range c.Headers {
				headers = append(headers, name+": "+value)
			}
			r := request(vectors.Webhooks.Body, headers...)
			r.ReceivedAt = time.Unix(vectors.Webhooks.Now, 0)
			accepted := false
			for _, secret := range vectors.Webhooks.Secrets {
				key, err := signingKey(secret)
				require.NoError(t, err)
				accepted = accepted || signed(key, r)
			}
			require.Equal(t, c.Accept, accepted)
		})
	}
}

// signedBy is a server-to-server request.
func signedBy(t testing.TB, secret, body string) *channels.Request {
	t.Helper()
	key, err := signingKey(secret)
	require.NoError(t, err)
	stamp := strconv.FormatInt(testNow.Unix(), 10)
	h := hmac.New(sha256.New, key)
	h.Write([]byte("msg_1." + stamp + "." + body))
	return request(body, "webhook-id: msg_1", "webhook-timestamp: "+stamp,
		"webhook-signature: v1,"+base64.StdEncoding.EncodeToString(h.Sum(nil)), "User-Agent: backend/1.0")
}

func TestServersSign(t *testing.T) {
	a := testAdapter(t)
	for _, w := range testConfig().Widgets {
		id, session, err := a.IssueSession(signedBy(t, w.Secret, `{"inbox_id":"`+w.ID+`"}`))
		require.NoError(t, err, w.ID)
		v := visitor{ID: id, SessionID: session}
		more := text("c1", "from the app")
		more["client"] = map[string]any{"user_agent": "ShopApp/2.1 (Android 14)"}
		r := signedBy(t, w.Secret, body(t, w.ID, v, eventMessageCreated, more))
		e := parse(t, a, r)[0]
		require.Equal(t, "ShopApp/2.1 (Android 14)", e.Session.UserAgent, "the server's own user agent is not the visitor's")
		require.Empty(t, e.Session.IP, "the server's address is not the visitor's")

		r.Body = append(r.Body, ' ')
		_, err = a.Verify(r)
		require.ErrorIs(t, err, errSignature)
		_, err = a.Verify(signedBy(t, "whsec_"+base64.StdEncoding.EncodeToString([]byte("some other secret bytes")), body(t, w.ID, v, eventMessageCreated, more)))
		require.ErrorIs(t, err, errSignature)
	}
}

func TestRateLimits(t *testing.T) {
	cfg := testConfig()
	cfg.RateLimits = RateLimits{PerIP: Rate{1, 5}, PerVisitor: Rate{1, 3}, PerInbox: Rate{1, 8}, SessionsPerIP: Rate{1, 2}}
	a, err := New(cfg, testKey)
	require.NoError(t, err)
	v, w, x := issued(t, a, testInbox, testOrigin), issued(t, a, testInbox, testOrigin), issued(t, a, testInbox, testOrigin)
	post := func(v visitor, ip string, at time.Time) error {
		r := fromShop(body(t, testInbox, v, eventMessageCreated, text("c", "x")))
		r.Client.IP, r.ReceivedAt = ip, at
		_, err := a.Verify(r)
		return err
	}
	for range 3 {
		require.NoError(t, post(v, "127.0.0.1", testNow))
	}
	require.ErrorIs(t, post(v, "127.0.0.1", testNow), chat.ErrTooMany, "per visitor, wherever it posts from")
	require.NoError(t, post(v, "127.0.0.1", testNow.Add(time.Second)), "the bucket fills again")

	for range 3 {
		require.NoError(t, post(w, "81.2.69.142", testNow))
	}
	require.ErrorIs(t, post(w, "81.2.69.142", testNow), chat.ErrTooMany)
	require.ErrorIs(t, post(w, "81.2.69.142", testNow), chat.ErrTooMany)
	require.ErrorIs(t, post(x, "81.2.69.142", testNow), chat.ErrTooMany, "per address")
	require.NoError(t, post(x, "2a02:cf40:0:1::1", testNow))
	require.NoError(t, post(x, "", testNow), "an unknown address")
	require.ErrorIs(t, post(x, "::1", testNow), chat.ErrTooMany, "per inbox")

	for i, want := range []bool{true, true, false} {
		r := fromShop(`{"inbox_id":"wgt_demo_01"}`)
		r.Client.IP = "2a02:cf40:0:2::" + strconv.Itoa(i) // one household
		_, _, err := a.IssueSession(r)
		require.Equal(t, want, err == nil, "%d: %v", i, err)
	}
}

func TestAFullFlushFitsTheDefaultLimits(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	for range 2 {
		require.Len(t, parse(t, a, fromShop(batchOf(t, v, maxBatch))), maxBatch)
	}
	_, err := a.Verify(fromShop(batchOf(t, v, maxBatch)))
	require.ErrorIs(t, err, errTooMany)
}

func TestLimitsSwitchedOff(t *testing.T) {
	cfg := testConfig()
	off := Rate{PerSecond: -1}
	cfg.RateLimits = RateLimits{off, off, off, off}
	a, err := New(cfg, testKey)
	require.NoError(t, err)
	v := issued(t, a, testInbox, testOrigin)
	for range 1000 {
		_, err := a.Verify(fromShop(body(t, testInbox, v, eventTypingStarted, nil)))
		require.NoError(t, err)
	}
}

// The simulator and the conformance run post from this machine.
func TestDefaultLimitsLetASimulatorThrough(t *testing.T) {
	a := testAdapter(t)
	visitors := make([]visitor, 100)
	for i := range visitors {
		visitors[i] = issued(t, a, testInbox, testOrigin)
	}
	for i := range 4000 { // two seconds at 2,000/s
		r := fromShop(body(t, testInbox, visitors[i%len(visitors)], eventTypingStarted, nil))
		r.Client.IP, r.ReceivedAt = "127.0.0.1", testNow.Add(time.Duration(i)*time.Second/2000)
		_, err := a.Verify(r)
		require.NoError(t, err)
	}
}
