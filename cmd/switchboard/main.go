// Command switchboard takes in WhatsApp, Instagram and web-widget webhooks and shows agents the conversations.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set when a release is built.
var version = "dev"

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with a way back: it answers with the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	var cli commands
	exit := -1
	parser, err := kong.New(&cli, kong.Name("switchboard"), kong.Description("Channel webhooks in, conversations out."),
		kong.UsageOnError(), kong.Writers(stdout, stderr), kong.Exit(func(code int) { exit = code }), kong.Vars{"version": version},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(stderr, "switchboard:", err)
		return 2
	}
	selected, err := parser.Parse(args)
	if exit >= 0 { // --help and --version have been answered
		return exit
	}
	if err != nil {
		fmt.Fprintf(stderr, "switchboard: %v\n", usage(parser, args, err))
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // a second signal ends the process at once
		<-ctx.Done()
		stop()
	}()
	return ended(ctx, selected.Run(&terminal{ctx: ctx, out: stdout, err: stderr}), stderr)
}

// interrupted is the exit code that shells know for Ctrl-C.
const interrupted = 130

// ended gives the exit code of a command. One that was stopped before it was done has not failed: what it was waiting for says
// nothing about the surroundings.
func ended(ctx context.Context, err error, w io.Writer) int {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "switchboard: stopped before it was done")
		return interrupted
	}
	return report(err, w)
}

// A terminal is what a command works with. The context ends with the first signal.
type terminal struct {
	ctx      context.Context //nolint:containedctx // a command line's one context, handed to kong as a value
	out, err io.Writer
}

// errFailed says that the command has told already what is wrong.
var errFailed = errors.New("failed")

// report writes an error, one line for each problem, and gives the exit code.
func report(err error, w io.Writer) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, errFailed) {
		return 1
	}
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	if len(lines) == 1 {
		fmt.Fprintf(w, "switchboard: %s\n", lines[0])
		return 1
	}
	fmt.Fprintln(w, "switchboard: cannot go on:")
	for _, l := range lines {
		fmt.Fprintf(w, "  - %s\n", l)
	}
	return 1
}

// commands is the command line.
type commands struct {
	Version kong.VersionFlag `short:"v" help:"Show the version and exit."`

	Serve    serveCommand    `cmd:"" default:"withargs" help:"Run Switchboard (the default)."`
	Demo     demoCommand     `cmd:"" help:"Run it with throw-away data and simulated customers."`
	Simulate simulateCommand `cmd:"" help:"Post simulated traffic to a running gateway."`
	Seed     seedCommand     `cmd:"" help:"Fill an empty database with invented people and conversations."`
	User     userCommand     `cmd:"" help:"Manage the people who sign in."`
	Doctor   doctorCommand   `cmd:"" help:"Check configuration and surroundings, and name the fix for what is wrong."`
	Health   healthCommand   `cmd:"" help:"Ask the running process whether it is ready (for containers)."`
}
