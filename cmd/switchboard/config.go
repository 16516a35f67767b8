package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"

	"switchboard/geo"
	"switchboard/stream"
)

// Roles a process can take. Each can run in as many processes as wanted.
const (
	roleGateway   = "gateway"   // answers webhooks: needs the log only
	roleWorker    = "worker"    // log to store
	roleDashboard = "dashboard" // agents' screens and the API
)

func allRoles() []string { return []string{roleGateway, roleWorker, roleDashboard} }

// A secret is a setting that must not be shown.
type secret string

// String hides the value.
func (s secret) String() string {
	if s == "" {
		return "not set"
	}
	return "set"
}

// GoString hides the value from %#v.
func (s secret) GoString() string { return s.String() }

// LogValue hides the value from logs.
func (s secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from encoders.
func (s secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// config is everything the environment can say. The names are a contract: docs and operators rely on them.
type config struct {
	Addr      string   `env:"ADDR" envDefault:"127.0.0.1:8080"`
	AdminAddr string   `env:"ADMIN_ADDR" envDefault:"127.0.0.1:9090"`
	DataDir   string   `env:"DATA_DIR" envDefault:"./data"`
	Channels  string   `env:"CHANNELS"`
	Roles     []string `env:"ROLES" envDefault:"gateway,worker,dashboard"`

	KafkaBrokers     []string `env:"KAFKA_BROKERS"`
	KafkaTLS         bool     `env:"KAFKA_TLS"`
	KafkaTLSCA       string   `env:"KAFKA_TLS_CA"`
	KafkaSASL        string   `env:"KAFKA_SASL"`
	KafkaUsername    string   `env:"KAFKA_USERNAME"`
	KafkaPassword    secret   `env:"KAFKA_PASSWORD"`
	KafkaTopicPrefix string   `env:"KAFKA_TOPIC_PREFIX" envDefault:"switchboard."`
	KafkaPartitions  int      `env:"KAFKA_PARTITIONS"`
	KafkaReplication int      `env:"KAFKA_REPLICATION"`
	KafkaCreate      bool     `env:"KAFKA_CREATE_TOPICS" envDefault:"true"`
	MongoURI         secret   `env:"MONGO_URI"`

	SecretKey     secret `env:"SECRET_KEY"`
	APIToken      secret `env:"API_TOKEN"`
	AdminEmail    string `env:"ADMIN_EMAIL"`
	AdminPassword secret `env:"ADMIN_PASSWORD"`
	CookieSecure  bool   `env:"COOKIE_SECURE"`

	OIDCIssuer         string   `env:"OIDC_ISSUER"`
	OIDCClientID       string   `env:"OIDC_CLIENT_ID"`
	OIDCClientSecret   secret   `env:"OIDC_CLIENT_SECRET"`
	OIDCRedirectURL    string   `env:"OIDC_REDIRECT_URL"`
	OIDCAllowedDomains []string `env:"OIDC_ALLOWED_DOMAINS"`
	OIDCDefaultRole    string   `env:"OIDC_DEFAULT_ROLE"`

	GeoIP          []string `env:"GEOIP"`
	TrustedProxies []string `env:"TRUSTED_PROXIES"`
	IPPolicy       string   `env:"IP_POLICY" envDefault:"truncated"`

	LogLevel  string `env:"LOG_LEVEL" envDefault:"info"`
	LogFormat string `env:"LOG_FORMAT" envDefault:"auto"`

	proxies []netip.Prefix
	ca      *x509.CertPool
}

const envPrefix = "SWITCHBOARD_"

// loadConfig reads the environment and reports every problem at once, each with its fix.
func loadConfig(environment map[string]string) (config, error) {
	c, err := env.ParseAsWithOptions[config](env.Options{Prefix: envPrefix, Environment: environment})
	if err != nil {
		return c, parseProblems(err)
	}
	c.KafkaBrokers, c.GeoIP, c.TrustedProxies, c.Roles = trimmed(c.KafkaBrokers), trimmed(c.GeoIP), trimmed(c.TrustedProxies), trimmed(c.Roles)
	c.OIDCAllowedDomains = trimmed(c.OIDCAllowedDomains)
	return c, errors.Join(c.check()...)
}

// parseProblems names settings that have the wrong type, without their values.
func parseProblems(err error) error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return fmt.Errorf("read the environment: %w", err)
	}
	var problems []error
	for _, e := range all.Errors {
		if field, ok := errors.AsType[env.ParseError](e); ok {
			e = problem(settingOf(field.Name), "must be %s", wanted(field.Type))
		}
		problems = append(problems, e)
	}
	return errors.Join(problems...)
}

// settingOf is the name in the environment of a field.
func settingOf(field string) string {
	f, ok := reflect.TypeFor[config]().FieldByName(field)
	if !ok {
		return field
	}
	return f.Tag.Get("env")
}

func wanted(t reflect.Type) string {
	if t.Kind() == reflect.Bool {
		return "true or false"
	}
	return "a whole number"
}

func trimmed(list []string) []string {
	var kept []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

// embeddedLog and embeddedStore tell which engines run inside this process.
func (c *config) embeddedLog() bool   { return len(c.KafkaBrokers) == 0 }
func (c *config) embeddedStore() bool { return c.MongoURI == "" }
func (c *config) embedded() bool      { return c.embeddedLog() && c.embeddedStore() }
func (c *config) has(role string) bool {
	return slices.Contains(c.Roles, role)
}

// strangers are variables that look like settings and are none, in order: a misspelt one would be left out in silence. What
// Kubernetes adds for a service of our name, and what tests are told, is not meant for us.
func strangers(environment map[string]string) []string {
	var found []string
	for variable := range environment {
		name, ours := strings.CutPrefix(variable, envPrefix)
		if !ours || slices.Contains(settingNames(), name) || slices.ContainsFunc([]string{"PORT", "SERVICE_", "TEST_"}, func(p string) bool { return strings.HasPrefix(name, p) }) {
			continue
		}
		found = append(found, variable)
	}
	slices.Sort(found)
	return found
}

// meant is the setting that a stranger is nearly spelt like.
func meant(variable string) string {
	for _, name := range settingNames() {
		if near(name, strings.TrimPrefix(variable, envPrefix)) {
			return " (did you mean " + envPrefix + name + "?)"
		}
	}
	return ""
}

func settingNames() []string {
	var names []string
	for f := range reflect.TypeFor[config]().Fields() {
		if name, ok := f.Tag.Lookup("env"); ok {
			names = append(names, name)
		}
	}
	return names
}

// problem is something wrong with a setting, and what to do about it.
func problem(name, format string, args ...any) error {
	return fmt.Errorf(envPrefix+name+": "+format, args...)
}

// check reports what is wrong and fills the parsed forms.
func (c *config) check() []error {
	var found []error
	report := func(err error) {
		if err != nil {
			found = append(found, err)
		}
	}
	report(address("ADDR", c.Addr))
	report(address("ADMIN_ADDR", c.AdminAddr))
	report(oneOf("IP_POLICY", c.IPPolicy, geo.PolicyFull, geo.PolicyTruncated, geo.PolicyNone))
	report(oneOf("LOG_LEVEL", c.LogLevel, "debug", "info", "warn", "error"))
	report(oneOf("LOG_FORMAT", c.LogFormat, "auto", "json", "text"))
	found = append(found, c.checkRoles()...)
	found = append(found, c.checkSecrets()...)
	found = append(found, c.checkKafka()...)
	found = append(found, c.checkProxies()...)
	found = append(found, c.checkSignOn()...)
	return found
}

func address(name, value string) error {
	if _, _, err := net.SplitHostPort(value); err != nil {
		return problem(name, "%q is not an address: write host:port, for example 127.0.0.1:8080", value)
	}
	return nil
}

func oneOf(name, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return problem(name, "%q is not known: set one of %s", value, strings.Join(allowed, ", "))
}

func (c *config) checkRoles() []error {
	var found []error
	for _, r := range c.Roles {
		if err := oneOf("ROLES", r, allRoles()...); err != nil {
			found = append(found, err)
		}
	}
	if len(c.Roles) == 0 {
		found = append(found, problem("ROLES", "is empty: name at least one of %s", strings.Join(allRoles(), ", ")))
	}
	if c.embeddedLog() && len(found) == 0 && slices.ContainsFunc(allRoles(), func(r string) bool { return !c.has(r) }) {
		found = append(found, problem("ROLES", "the embedded log lives in one process: take all roles, or set %sKAFKA_BROKERS to share a cluster", envPrefix))
	}
	return found
}

// minKey is the shortest key that may sign sessions, in characters.
const minKey = 32

func (c *config) checkSecrets() []error {
	var found []error
	if c.SecretKey == "" && !c.embedded() {
		found = append(found, problem("SECRET_KEY", "is not set, and all processes must share it: make one with `openssl rand -hex 32`"))
	}
	if c.SecretKey != "" && len(c.SecretKey) < minKey {
		found = append(found, problem("SECRET_KEY", "has %d characters, at least %d are needed: make one with `openssl rand -hex 32`", len(c.SecretKey), minKey))
	}
	if (c.AdminEmail == "") != (c.AdminPassword == "") {
		found = append(found, problem("ADMIN_EMAIL", "and %sADMIN_PASSWORD belong together: set both or none", envPrefix))
	}
	if c.AdminEmail != "" && !isEmail(c.AdminEmail) {
		found = append(found, problem("ADMIN_EMAIL", "is not an e-mail address: write it as admin@example.com"))
	}
	if c.AdminPassword != "" && len(c.AdminPassword) < minPassword {
		found = append(found, problem("ADMIN_PASSWORD", "is too short: at least %d characters", minPassword))
	}
	return found
}

// minPassword is what the dashboard asks of passwords.
const minPassword = 10

func (c *config) checkKafka() []error {
	var found []error
	for _, b := range c.KafkaBrokers {
		if err := address("KAFKA_BROKERS", b); err != nil {
			found = append(found, err)
		}
	}
	if c.KafkaSASL != "" {
		if err := oneOf("KAFKA_SASL", c.KafkaSASL, "plain", "scram-sha-256", "scram-sha-512"); err != nil {
			found = append(found, err)
		}
		if c.KafkaUsername == "" || c.KafkaPassword == "" {
			found = append(found, problem("KAFKA_SASL", "needs %sKAFKA_USERNAME and %sKAFKA_PASSWORD", envPrefix, envPrefix))
		}
	}
	if c.KafkaPartitions < 0 || c.KafkaReplication < 0 {
		found = append(found, problem("KAFKA_PARTITIONS", "and %sKAFKA_REPLICATION must not be negative", envPrefix))
	}
	if c.KafkaTLSCA != "" {
		pem, err := os.ReadFile(c.KafkaTLSCA)
		pool := x509.NewCertPool()
		switch {
		case err != nil:
			found = append(found, problem("KAFKA_TLS_CA", "cannot be read: %w", err))
		case !pool.AppendCertsFromPEM(pem):
			found = append(found, problem("KAFKA_TLS_CA", "%s holds no certificate: it must be a PEM file", c.KafkaTLSCA))
		default:
			c.ca = pool
		}
	}
	return found
}

func (c *config) checkProxies() []error {
	var found []error
	for _, p := range c.TrustedProxies {
		prefix, err := netip.ParsePrefix(p)
		if err != nil {
			addr, single := netip.ParseAddr(p)
			if single != nil {
				found = append(found, problem("TRUSTED_PROXIES", "%q is neither an address nor a network: write 10.0.0.0/8 or 10.1.2.3", p))
				continue
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		c.proxies = append(c.proxies, prefix)
	}
	return found
}

// stream is the configuration of the log, without what the embedded broker adds.
func (c *config) stream() stream.Config {
	s := stream.Config{
		Brokers: c.KafkaBrokers, TopicPrefix: c.KafkaTopicPrefix, Partitions: c.KafkaPartitions, Replication: c.KafkaReplication,
		CreateTopics: c.KafkaCreate,
	}
	if c.KafkaTLS || c.ca != nil {
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.ca}
	}
	if c.KafkaSASL != "" {
		s.SASL = stream.SASL{Mechanism: strings.ToUpper(c.KafkaSASL), Username: c.KafkaUsername, Password: string(c.KafkaPassword)}
	}
	return s
}
