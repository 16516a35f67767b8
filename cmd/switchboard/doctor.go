package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// doctorCommand looks at everything that can be wrong before it is wrong.
type doctorCommand struct {
	JSON bool `help:"Write JSON."`
}

// Levels of a finding. Only a failure changes the exit status.
const (
	levelOK   = "ok"
	levelWarn = "warn"
	levelFail = "fail"
)

// A finding is one thing that was looked at.
type finding struct {
	Level  string `json:"level"`
	Check  string `json:"check"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

func fine(check, format string, args ...any) finding {
	return finding{Level: levelOK, Check: check, Detail: fmt.Sprintf(format, args...)}
}

func warn(check, fix, format string, args ...any) finding {
	return finding{Level: levelWarn, Check: check, Detail: fmt.Sprintf(format, args...), Fix: fix}
}

func fail(check, fix, format string, args ...any) finding {
	return finding{Level: levelFail, Check: check, Detail: fmt.Sprintf(format, args...), Fix: fix}
}

// doctorTime bounds the whole examination.
const doctorTime = 45 * time.Second

// Run implements the command: exit status 1 when something has to be mended.
func (d *doctorCommand) Run(t *terminal) error {
	ctx, cancel := context.WithTimeout(t.ctx, doctorTime)
	defer cancel()
	waiting := time.AfterFunc(patience, func() { fmt.Fprintf(t.err, "Waiting for answers, at most %.0f s ...\n", doctorTime.Seconds()) })
	found := examine(ctx, environ())
	waiting.Stop()
	if d.JSON {
		encoder := json.NewEncoder(t.out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(found); err != nil {
			return fmt.Errorf("doctor: %w", err)
		}
	} else {
		writeFindings(t.out, found)
	}
	for _, f := range found {
		if f.Level == levelFail {
			return errFailed
		}
	}
	return nil
}

// examine looks at everything; what depends on a configuration that cannot be read is left out.
func examine(ctx context.Context, environment map[string]string) []finding {
	cfg, err := loadConfig(environment)
	if err != nil {
		var found []finding
		for line := range strings.Lines(err.Error()) {
			name, rest, ok := strings.Cut(strings.TrimSpace(line), ": ")
			if !ok {
				name, rest = "configuration", strings.TrimSpace(line)
			}
			found = append(found, fail(name, "", "%s", rest))
		}
		return found
	}
	engines := "embedded log and SQLite"
	if !cfg.embedded() {
		engines = "Kafka: " + choose(cfg.embeddedLog(), "embedded", strings.Join(cfg.KafkaBrokers, ",")) + ", documents: " + choose(cfg.embeddedStore(), "SQLite", "MongoDB")
	}
	found := []finding{fine("configuration", "roles %s; %s", strings.Join(cfg.Roles, ", "), engines)}
	for _, name := range strangers(environment) {
		found = append(found, warn(name, "correct its name or remove it; README.md lists the settings", "is not a setting%s, and changes nothing", meant(name)))
	}
	for _, check := range []func(context.Context, *config) []finding{
		checkChannels, checkDataDir, checkDisk, checkSecretStrength, checkExposure, checkPorts, checkFileLimit, checkGeo, checkKafkaCluster, checkDatabase, checkIssuer, checkClock,
	} {
		found = append(found, check(ctx, &cfg)...)
	}
	return found
}

func choose(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// writeFindings aligns the findings for a person.
func writeFindings(w io.Writer, found []finding) {
	width, failed, warned := 0, 0, 0
	for _, f := range found {
		width = max(width, len(f.Check))
	}
	marks := map[string]string{levelOK: "  ok  ", levelWarn: " warn ", levelFail: " FAIL "}
	if isTerminal(w) {
		marks = map[string]string{levelOK: "\x1b[32m  ok  \x1b[0m", levelWarn: "\x1b[33m warn \x1b[0m", levelFail: "\x1b[31m FAIL \x1b[0m"}
	}
	for _, f := range found {
		fmt.Fprintf(w, "%s %-*s  %s\n", marks[f.Level], width, f.Check, f.Detail)
		if f.Fix != "" {
			fmt.Fprintf(w, "       %-*s  fix: %s\n", width, "", f.Fix)
		}
		switch f.Level {
		case levelFail:
			failed++
		case levelWarn:
			warned++
		}
	}
	fmt.Fprintf(w, "\n%d checks, %d to mend, %d to think about\n", len(found), failed, warned)
}
