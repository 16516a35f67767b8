package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"switchboard/chat"
	"switchboard/dashboard"
	"switchboard/store"
)

// userCommand groups what concerns people who sign in.
type userCommand struct {
	Add userAddCommand `cmd:"" help:"Add a person who may sign in."`
}

// userAddCommand adds somebody, also while the server runs.
type userAddCommand struct {
	Email         string `arg:"" help:"E-mail to sign in with."`
	Name          string `help:"Name that colleagues see."`
	Role          string `help:"What they may do." enum:"admin,supervisor,agent" default:"agent"`
	PasswordStdin bool   `help:"Read the password from standard input; otherwise one is made and shown."`
}

// commandTime bounds commands that talk to the database.
const commandTime = 30 * time.Second

// Run implements the command.
func (u *userAddCommand) Run(t *terminal) error {
	cfg, err := loadConfig(environ())
	if err != nil {
		return err
	}
	password := dashboard.NewPassword()
	if u.PasswordStdin {
		if password, err = bufio.NewReader(os.Stdin).ReadString('\n'); err != nil && password == "" {
			return errors.New("no password came in on standard input: pipe one in, or leave --password-stdin out and one is made")
		}
		password = strings.TrimRight(password, "\r\n")
	}
	ctx, cancel := context.WithTimeout(t.ctx, commandTime)
	defer cancel()
	err = withStore(ctx, &cfg, t, func(s *store.Store) error {
		return addUser(ctx, s, newUser{Email: u.Email, Name: u.Name, Role: chat.Role(u.Role), Password: password})
	})
	switch {
	case errors.Is(err, chat.ErrConflict):
		return fmt.Errorf("%s exists already", u.Email)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the database did not answer in %s: `switchboard doctor` looks for the reason", commandTime)
	case err != nil:
		return err
	case u.PasswordStdin:
		fmt.Fprintf(t.out, "%s may sign in as %s.\n", u.Email, u.Role)
	default:
		fmt.Fprintf(t.out, "%s may sign in as %s with the password %s (shown this once).\n", u.Email, u.Role, password)
	}
	return nil
}

// withStore opens the database for one command and closes it again.
func withStore(ctx context.Context, c *config, t *terminal, use func(*store.Store) error) error {
	if err := makeDataDir(c); err != nil {
		return err
	}
	log := newLogger(c, t.err)
	engine, err := openEngine(ctx, c, log, nil)
	if err != nil {
		return err
	}
	s, err := openStore(ctx, engine, log, opening{trouble: func(error) {}, prepare: func(*store.Store) error { return nil }})
	if err == nil {
		err = use(s)
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	return errors.Join(err, engine.Close(closing))
}
