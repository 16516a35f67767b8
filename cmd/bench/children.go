package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/gofiber/fiber/v2"

	"switchboard/cmd/bench/internal/ceiling"
	"switchboard/cmd/bench/internal/load"
	"switchboard/cmd/bench/internal/rig"
)

// child runs the part this process was started for; no such part is not an error.
func child(ctx context.Context, args []string) (ran bool, err error) {
	if len(args) != 2 {
		return false, nil
	}
	if args[0] == rig.ChildLoad {
		return true, runLoad(ctx, args[1])
	}
	serve := map[string]func(context.Context, rig.ChildSettings) error{
		rig.ChildBroker: serveBroker, rig.ChildSignature: serveSignature, rig.ChildFranz: serveFranz,
	}[args[0]]
	if serve == nil {
		return false, nil
	}
	var s rig.ChildSettings
	if err := json.Unmarshal([]byte(args[1]), &s); err != nil {
		return true, fmt.Errorf("%s: settings: %w", args[0], err)
	}
	return true, serve(ctx, s)
}

func runLoad(ctx context.Context, settings string) error {
	var spec load.Spec
	if err := json.Unmarshal([]byte(settings), &spec); err != nil {
		return fmt.Errorf("load: settings: %w", err)
	}
	out := json.NewEncoder(os.Stdout)
	var lost error
	result, err := load.Run(ctx, spec, func(p load.Progress) {
		lost = errors.Join(lost, out.Encode(rig.LoadReport{Progress: &p}))
	})
	if err := errors.Join(err, lost); err != nil {
		return err
	}
	return out.Encode(rig.LoadReport{Result: &result})
}

func serveBroker(ctx context.Context, s rig.ChildSettings) error {
	cluster, err := ceiling.Broker(s.Port, s.Dir, s.Sync, s.Partitions)
	if err != nil {
		return err
	}
	<-ctx.Done()
	cluster.Close()
	return nil
}

func serveSignature(ctx context.Context, s rig.ChildSettings) error {
	return serveApp(ctx, ceiling.Signature(s.Secret), s.Port)
}

func serveFranz(ctx context.Context, s rig.ChildSettings) error {
	app, closeClient, err := ceiling.Franz(s.Secret, s.Brokers, ceiling.Inbound)
	if err != nil {
		return err
	}
	defer closeClient()
	return serveApp(ctx, app, s.Port)
}

func serveApp(ctx context.Context, app *fiber.App, port int) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return errors.Join(app.ShutdownWithTimeout(time.Second), <-ended)
	}
}
