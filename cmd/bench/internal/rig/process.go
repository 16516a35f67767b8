package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopTime is how long a process may take to end by itself.
const stopTime = 15 * time.Second

// A Process is a program that was started and is watched.
type Process struct {
	name  string
	cmd   *exec.Cmd
	log   string // file with what it said
	ended chan struct{}
	err   error // why it ended; read after ended is closed
}

// A Command says what to start.
type Command struct {
	Name string
	Path string
	Args []string
	Env  []string  // on top of this process's
	In   io.Reader // its standard input; nil: none
	Out  io.Writer // its standard output; nil: into its log
	Dir  string    // where its log is kept
}

// Start starts it. It dies with this process.
func Start(ctx context.Context, c Command) (*Process, error) {
	logFile, err := os.CreateTemp(c.Dir, filepath.Base(c.Name)+"-*.log")
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	defer logFile.Close() // the process has its own descriptor
	cmd := exec.CommandContext(ctx, c.Path, c.Args...)
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.In, logFile, logFile
	if c.Out != nil {
		cmd.Stdout = c.Out
	}
	cmd.SysProcAttr = dieWithParent()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTime
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	p := &Process{name: c.Name, cmd: cmd, log: logFile.Name(), ended: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// Then calls back once when the process has ended.
func (p *Process) Then(after func()) {
	go func() {
		<-p.ended
		after()
	}()
}

// Stop asks it to end, and kills it when it does not.
func (p *Process) Stop() error {
	select {
	case <-p.ended:
		return p.failure("ended before it was stopped")
	default:
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(stopTime):
	}
	err := p.cmd.Process.Kill()
	<-p.ended
	return errors.Join(p.failure("did not end by itself"), err)
}

// Wait waits until it has ended and reports when that was not as it should.
func (p *Process) Wait() error {
	<-p.ended
	if p.err != nil {
		return p.failure("failed")
	}
	return nil
}

// failure says what went wrong, with the end of the process's log.
func (p *Process) failure(what string) error {
	raw, err := os.ReadFile(p.log)
	if err != nil {
		return fmt.Errorf("%s %s; its log cannot be read: %w", p.name, what, err)
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) > 2000 {
		raw = raw[len(raw)-2000:]
	}
	return &FailedError{Name: p.name, What: what, Log: string(raw), err: p.err}
}

// A FailedError is a process that did not do what it should.
type FailedError struct {
	Name, What, Log string
	err             error
}

func (e *FailedError) Error() string {
	return fmt.Sprintf("%s %s (%v); the end of its log:\n%s", e.Name, e.What, e.err, e.Log)
}

func (e *FailedError) Unwrap() error { return e.err }

// Until asks again and again whether the process is ready.
func (p *Process) Until(ctx context.Context, ready func() bool) error {
	deadline := time.After(time.Minute)
	for !ready() {
		select {
		case <-p.ended:
			return p.failure("ended before it was ready")
		case <-deadline:
			return p.failure("was not ready after a minute")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
	return nil
}

// clockTick is the unit of /proc/PID/stat (sysconf _SC_CLK_TCK), 100 on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// CPU is what the process has used so far, user and system.
func (p *Process) CPU() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("cpu time of %s: %w", p.name, err)
	}
	_, rest, _ := strings.Cut(string(raw), ") ") // the name in brackets may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("cpu time of %s: unexpected format", p.name)
	}
	var ticks time.Duration
	for _, f := range fields[11:13] { // utime, stime
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("cpu time of %s: %w", p.name, err)
		}
		ticks += time.Duration(n)
	}
	return ticks * clockTick, nil
}

// Memory is what is resident, in bytes.
type Memory struct {
	Now, Peak int64
	File      int64 // of Now: pages of the program's file, which the kernel shares and can drop
}

// ForgetPeak begins a new peak of the memory: what happens before, like hashing a password at the start, is not measured.
func (p *Process) ForgetPeak() error {
	const peak = "5" // see proc_pid_clear_refs(5)
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte(peak), 0); err != nil {
		return fmt.Errorf("forget the peak of %s: %w", p.name, err)
	}
	return nil
}

// Memory reads it.
func (p *Process) Memory() (Memory, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return Memory{}, fmt.Errorf("memory of %s: %w", p.name, err)
	}
	var m Memory
	into := map[string]*int64{"VmRSS": &m.Now, "VmHWM": &m.Peak, "RssFile": &m.File}
	for line := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(line, ":")
		target := into[name]
		if target == nil {
			continue
		}
		kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return Memory{}, fmt.Errorf("memory of %s: %w", p.name, err)
		}
		*target = kilobytes << 10
	}
	return m, nil
}
