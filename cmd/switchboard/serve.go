package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"
)

// serveCommand runs the program.
type serveCommand struct {
	Roles string `help:"What this process does: gateway, worker, dashboard, separated by commas (SWITCHBOARD_ROLES)." placeholder:"LIST"`
}

// Run implements the command.
func (s *serveCommand) Run(t *terminal) error {
	environment := environ()
	if s.Roles != "" {
		environment[envPrefix+"ROLES"] = s.Roles
	}
	cfg, err := loadConfig(environment)
	if err != nil {
		return err
	}
	log := newLogger(&cfg, t.err)
	file, err := channelsFor(&cfg, log)
	if err != nil {
		return err
	}
	for _, name := range strangers(environment) {
		log.Warn("this is not a setting, and changes nothing", "name", name+meant(name))
	}
	waiting := time.AfterFunc(patience, func() { log.Info("still opening the log", "brokers", cfg.KafkaBrokers) })
	app, err := newApp(t.ctx, cfg, file, log)
	waiting.Stop()
	if err != nil {
		return err
	}
	return app.Run(t.ctx)
}

// environ is the environment as a map.
func environ() map[string]string {
	m := map[string]string{}
	for _, e := range os.Environ() {
		name, value, _ := strings.Cut(e, "=")
		m[name] = value
	}
	return m
}

// channelsFor reads the channels file. A first start without one works, with a hint; in production it is an error.
func channelsFor(c *config, log *slog.Logger) (channelsFile, error) {
	const hint = "see deploy/channels.example.yaml"
	if c.Channels == "" {
		if !c.embedded() && c.has(roleGateway) {
			return channelsFile{}, problem("CHANNELS", "is not set: name the file that lists numbers, accounts and widgets (%s)", hint)
		}
		log.Warn("no channels are configured, so no webhook is taken", "fix", "set "+envPrefix+"CHANNELS to a file; "+hint)
		return channelsFile{}, nil
	}
	file, err := readChannels(c.Channels)
	if errors.Is(err, fs.ErrNotExist) && c.embedded() {
		log.Warn("the channels file does not exist, so no webhook is taken", "path", c.Channels, "fix", "write it; "+hint)
		return channelsFile{}, nil
	}
	if err != nil {
		return file, problem("CHANNELS", "%w", err)
	}
	if file.empty() {
		log.Warn("the channels file names no channel, so no webhook is taken", "path", c.Channels, "fix", hint)
	}
	return file, nil
}
