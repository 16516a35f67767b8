package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func setting(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[envPrefix+pairs[i]] = pairs[i+1]
	}
	return m
}

func TestDefaultsWork(t *testing.T) {
	t.Parallel()
	c, err := loadConfig(nil)
	require.NoError(t, err)
	require.True(t, c.embedded())
	require.Equal(t, "127.0.0.1:8080", c.Addr)
	require.Equal(t, "127.0.0.1:9090", c.AdminAddr)
	require.Equal(t, "./data", c.DataDir)
	require.Equal(t, allRoles(), c.Roles)
	require.Equal(t, "truncated", c.IPPolicy)
	require.Equal(t, "switchboard.", c.stream().TopicPrefix)
}

func TestEveryProblemIsToldAtOnceWithItsName(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("k", minKey)
	tests := []struct {
		name string
		env  map[string]string
		want []string
	}{
		{"several", setting("ADDR", "8080", "IP_POLICY", "some", "ROLES", "gateway,cook"), []string{"SWITCHBOARD_ADDR", "SWITCHBOARD_IP_POLICY", "truncated", "SWITCHBOARD_ROLES", `"cook"`}},
		{"not a number", setting("KAFKA_PARTITIONS", "six", "COOKIE_SECURE", "perhaps"), []string{"SWITCHBOARD_KAFKA_PARTITIONS: must be a whole number", "SWITCHBOARD_COOKIE_SECURE: must be true or false"}},
		{"production without a key", setting("MONGO_URI", "mongodb://db/x"), []string{"SWITCHBOARD_SECRET_KEY: is not set", "openssl rand -hex 32"}},
		{"short key", setting("SECRET_KEY", "short"), []string{"SWITCHBOARD_SECRET_KEY: has 5 characters"}},
		{"half an admin", setting("ADMIN_EMAIL", "a@b.example"), []string{"SWITCHBOARD_ADMIN_EMAIL", "SWITCHBOARD_ADMIN_PASSWORD"}},
		{"no address", setting("ADMIN_EMAIL", "admin", "ADMIN_PASSWORD", "long enough"), []string{"SWITCHBOARD_ADMIN_EMAIL: is not an e-mail address"}},
		{"short password", setting("ADMIN_EMAIL", "a@b.example", "ADMIN_PASSWORD", "short"), []string{"SWITCHBOARD_ADMIN_PASSWORD: is too short"}},
		{"embedded log shared", setting("ROLES", "gateway"), []string{"SWITCHBOARD_ROLES: the embedded log lives in one process"}},
		{"no role", setting("ROLES", " , "), []string{"SWITCHBOARD_ROLES: is empty"}},
		{"broker address", setting("KAFKA_BROKERS", "kafka", "SECRET_KEY", key), []string{"SWITCHBOARD_KAFKA_BROKERS"}},
		{"SASL", setting("KAFKA_BROKERS", "k:9092", "KAFKA_SASL", "gssapi", "SECRET_KEY", key), []string{"scram-sha-512", "SWITCHBOARD_KAFKA_USERNAME"}},
		{"CA", setting("KAFKA_BROKERS", "k:9092", "KAFKA_TLS_CA", "/nowhere/ca.pem", "SECRET_KEY", key), []string{"SWITCHBOARD_KAFKA_TLS_CA: cannot be read"}},
		{"proxies", setting("TRUSTED_PROXIES", "10.0.0.0/8, proxy.local"), []string{`SWITCHBOARD_TRUSTED_PROXIES: "proxy.local"`}},
		{"single sign-on without an issuer", setting("OIDC_CLIENT_ID", "x"), []string{"SWITCHBOARD_OIDC_ISSUER: is not set"}},
		{"single sign-on in the clear", setting("OIDC_ISSUER", "http://login.example.com", "OIDC_REDIRECT_URL", "https://desk.example.com/", "OIDC_DEFAULT_ROLE", "admin"), []string{
			"SWITCHBOARD_OIDC_CLIENT_ID: is not set", `SWITCHBOARD_OIDC_ISSUER: "http://login.example.com" is not an https address`, "SWITCHBOARD_OIDC_REDIRECT_URL", "/login/sso/callback", `SWITCHBOARD_OIDC_DEFAULT_ROLE: "admin"`,
		}},
		{"negative", setting("KAFKA_REPLICATION", "-1"), []string{"SWITCHBOARD_KAFKA_REPLICATION"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := loadConfig(tt.env)
			require.Error(t, err)
			for _, w := range tt.want {
				require.ErrorContains(t, err, w)
			}
		})
	}
}

func TestProductionSettings(t *testing.T) {
	t.Parallel()
	c, err := loadConfig(setting("KAFKA_BROKERS", "k1:9092, k2:9092", "KAFKA_TLS", "true", "KAFKA_SASL", "scram-sha-512", "KAFKA_USERNAME", "u", "KAFKA_PASSWORD", "p",
		"MONGO_URI", "mongodb://db/x", "SECRET_KEY", strings.Repeat("k", minKey), "TRUSTED_PROXIES", "10.0.0.0/8,192.0.2.1,2001:db8::1", "ROLES", "gateway"))
	require.NoError(t, err)
	s := c.stream()
	require.Equal(t, []string{"k1:9092", "k2:9092"}, s.Brokers)
	require.Equal(t, "SCRAM-SHA-512", s.SASL.Mechanism)
	require.NotNil(t, s.TLS)
	require.Equal(t, "[10.0.0.0/8 192.0.2.1/32 2001:db8::1/128]", fmt.Sprint(c.proxies))
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	c, err := loadConfig(setting("SECRET_KEY", strings.Repeat("hush", 10), "API_TOKEN", "hush-token", "ADMIN_EMAIL", "a@b.example", "ADMIN_PASSWORD", "hush-password", "MONGO_URI", "mongodb://u:hush@db/x"))
	require.NoError(t, err)
	var lines strings.Builder
	slog.New(slog.NewTextHandler(&lines, nil)).Info("x", "key", c.SecretKey, "config", c)
	for _, shown := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v", c, c), lines.String()} {
		require.NotContains(t, shown, "hush")
	}
	_, err = loadConfig(setting("KAFKA_PARTITIONS", "hush", "SECRET_KEY", "hush"))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hush")
}

func TestChannelsFileIsStrictAndQuotesNoSecret(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"unknown key", "whatsapp:\n  verify_token: hush\n  app_secret: hush\n", "[3:3]"},
		{"unknown channel", "telegram:\n  token: hush\n", "[1:1]"},
		{"wrong type", "whatsapp:\n  app_secrets: {hush: hush}\n", "[2:"},
		{"not YAML", "whatsapp: [hush\n", ""},
		{"invalid", "whatsapp:\n  verify_token: hush\n", "app_secrets"},
		{"every section", "whatsapp: {}\ninstagram: {}\n", "instagram: accounts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseChannels([]byte(tt.text))
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "hush")
		})
	}
	f, err := parseChannels(nil)
	require.NoError(t, err)
	require.True(t, f.empty())
}

func TestUnquotedIdsAreRead(t *testing.T) {
	t.Parallel()
	f, err := parseChannels([]byte("whatsapp:\n  app_secrets: [some-secret]\n  numbers: [{id: 880000000000001, phone: +12025550100, name: Sales}]\n"))
	require.NoError(t, err)
	require.Equal(t, "880000000000001", f.WhatsApp.Numbers[0].ID)
	require.Equal(t, "Sales", f.accountNames()("whatsapp", "880000000000001"))
	require.Equal(t, "42", f.accountNames()("whatsapp", "42"))
}

func TestMissingChannelsFile(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "channels.yaml")
	var lines strings.Builder
	log := slog.New(slog.NewTextHandler(&lines, nil))
	f, err := channelsFor(&config{Channels: missing}, log)
	require.NoError(t, err)
	require.True(t, f.empty())
	require.Contains(t, lines.String(), "channels.example.yaml")
	_, err = channelsFor(&config{Channels: missing, MongoURI: "mongodb://db/x"}, log)
	require.ErrorContains(t, err, "SWITCHBOARD_CHANNELS")
	_, err = channelsFor(&config{MongoURI: "mongodb://db/x", Roles: allRoles()}, log)
	require.ErrorContains(t, err, "is not set")
}

func TestSecretKeyIsKept(t *testing.T) {
	t.Parallel()
	c := &config{DataDir: t.TempDir()}
	first, err := secretKey(c)
	require.NoError(t, err)
	require.Len(t, first, 64)
	again, err := secretKey(c)
	require.NoError(t, err)
	require.Equal(t, first, again)
	info, err := os.Stat(filepath.Join(c.DataDir, "secret.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, os.WriteFile(filepath.Join(c.DataDir, "secret.key"), []byte("cut"), 0o600))
	_, err = secretKey(c)
	require.ErrorContains(t, err, "too short")
	configured, err := secretKey(&config{SecretKey: "configured"})
	require.NoError(t, err)
	require.Equal(t, "configured", string(configured))
}

func TestExampleChannelsFileIsRight(t *testing.T) {
	t.Parallel()
	_, err := readChannels("../../deploy/channels.example.yaml")
	require.NoError(t, err)
}

func TestSettingsNobodyKnows(t *testing.T) {
	t.Parallel()
	known := setting("ADDR", "x", "PORT", "tcp://10.0.0.1:80", "SERVICE_HOST", "10.0.0.1", "TEST_MONGO_URI", "x")
	require.Empty(t, strangers(known))
	for typed, want := range map[string]string{
		"ADMIN_EMIAL": "ADMIN_EMAIL", "KAFKA_BROKER": "KAFKA_BROKERS", "DATADIR": "DATA_DIR", "SECRET_KEYS": "SECRET_KEY", "MANGO_URI": "MONGO_URI", "ROLE": "ROLES",
	} {
		require.Equal(t, []string{envPrefix + typed}, strangers(setting(typed, "x")))
		require.Equal(t, " (did you mean "+envPrefix+want+"?)", meant(envPrefix+typed))
	}
	require.Empty(t, meant(envPrefix+"COLOUR"))
}
