// Command provider runs the OpenID Connect provider of the tests on a free port of this machine:
//
//	go run ./provider http://127.0.0.1:8080/login/sso/callback
//
// Its first line of output is a JSON object with the issuer's address, the client and the password everybody has there. It
// ends when its input does, so that it never outlives whoever started it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"switchboard.test/oidc"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "provider:", err)
		os.Exit(1)
	}
}

func run(callbacks []string, until io.Reader, out io.Writer) error {
	if len(callbacks) == 0 {
		return errors.New("name the addresses that people come back to, such as http://127.0.0.1:8080/login/sso/callback")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // nothing to wait for
	if err != nil {
		return err
	}
	issuer := "http://" + listener.Addr().String()
	pages := http.NewServeMux()
	pages.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }) // browsers ask, and complain
	pages.Handle("/", oidc.Provider(issuer, callbacks...))
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 10 * time.Second}
	if err := json.NewEncoder(out).Encode(map[string]string{
		"issuer": issuer, "client_id": oidc.ClientID, "client_secret": oidc.ClientSecret, "password": oidc.Password,
	}); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, until)
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
