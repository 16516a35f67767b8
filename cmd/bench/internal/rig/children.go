package rig

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"switchboard/cmd/bench/internal/load"
)

// The benchmark starts itself again for everything that needs a process of its own, with one of these as first argument and
// its settings as JSON after it.
const (
	ChildLoad      = "child-load"
	ChildBroker    = "child-broker"
	ChildSignature = "child-signature"
	ChildFranz     = "child-franz"
)

// ChildSettings is what the servers among the children need.
type ChildSettings struct {
	Port       int
	Dir        string
	Sync       bool
	Partitions int
	Secret     string
	Brokers    string
}

// A LoadReport is one line of the generator's output: how far it is, or, last, the result.
type LoadReport struct {
	Progress *load.Progress `json:"progress,omitempty"`
	Result   *load.Result   `json:"result,omitempty"`
}

// A Child is a server the benchmark brings itself.
type Child struct {
	*Process
	Addr string
	Dir  string // its data, when it has any
}

// StartChild starts one of the bare servers or a broker and waits until it accepts connections.
func StartChild(ctx context.Context, kind, dir string, s ChildSettings) (*Child, error) {
	ports, err := FreePorts(ctx, 1)
	if err != nil {
		return nil, err
	}
	s.Port, s.Secret = ports[0], Secret
	c := &Child{Addr: local(ports[0]), Dir: s.Dir}
	if c.Process, err = startSelf(ctx, kind, dir, s, nil); err != nil {
		return nil, err
	}
	return c, c.Until(ctx, func() bool { return Listening(ctx, c.Addr) })
}

func startSelf(ctx context.Context, kind, dir string, settings any, out io.Writer) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", kind, err)
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", kind, err)
	}
	return Start(ctx, Command{Name: kind, Path: self, Args: []string{kind, string(raw)}, Out: out, Dir: dir})
}

// Load runs the generator in a process of its own. told is called for each of its progress reports.
func Load(ctx context.Context, dir string, spec load.Spec, told func(load.Progress)) (load.Result, error) {
	read, write := io.Pipe()
	spec.Secret, spec.Number, spec.WABA = Secret, PhoneID, WABA
	p, err := startSelf(ctx, ChildLoad, dir, spec, write)
	if err != nil {
		return load.Result{}, err
	}
	p.Then(func() { write.Close() }) // closing a pipe never fails
	var result *load.Result
	lines := bufio.NewScanner(read)
	for lines.Scan() {
		var report LoadReport
		if err := json.Unmarshal(lines.Bytes(), &report); err != nil {
			return load.Result{}, errors.Join(fmt.Errorf("generator's report: %w", err), p.Stop())
		}
		if report.Progress != nil {
			told(*report.Progress)
		}
		if report.Result != nil {
			result = report.Result
		}
	}
	if err := errors.Join(lines.Err(), p.Wait()); err != nil {
		return load.Result{}, err
	}
	if result == nil {
		return load.Result{}, p.failure("ended without a result")
	}
	return *result, nil
}
