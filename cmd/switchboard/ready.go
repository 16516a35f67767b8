package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// readyFor is how long an answer holds, so that probes cost nothing.
const readyFor = 2 * time.Second

// A dependency is something a role cannot work without.
type dependency struct {
	name  string
	roles []string
	check func(context.Context) error
}

// readiness answers whether the roles of this process can do their work.
type readiness struct {
	dependencies []dependency
	now          func() time.Time

	mu       sync.Mutex
	asked    time.Time
	found    map[string]error
	stopping bool
}

// stop makes every further answer "not ready", so that load balancers look elsewhere before the listener closes.
func (r *readiness) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopping = true
}

// ask checks all dependencies at the same time, at most once in readyFor.
func (r *readiness) ask(ctx context.Context) (found map[string]error, stopping bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.found != nil && r.now().Sub(r.asked) < readyFor && allFine(r.found) {
		return r.found, r.stopping
	}
	ctx, cancel := context.WithTimeout(ctx, readyFor)
	defer cancel()
	results := make([]error, len(r.dependencies))
	var checks sync.WaitGroup
	for i, d := range r.dependencies {
		checks.Go(func() { results[i] = d.check(ctx) })
	}
	checks.Wait()
	r.found = map[string]error{}
	for i, d := range r.dependencies {
		r.found[d.name] = results[i]
	}
	r.asked = r.now()
	return r.found, r.stopping
}

func allFine(found map[string]error) bool {
	for _, err := range found {
		if err != nil {
			return false
		}
	}
	return true
}

// ServeHTTP answers 200 when everything needed is there and 503 otherwise, naming each dependency. ?role=gateway asks for one
// role alone: webhooks are taken while the database is away.
func (r *readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	type state struct {
		Ready bool   `json:"ready"`
		Error string `json:"error,omitempty"`
	}
	answer := struct {
		Ready        bool             `json:"ready"`
		Stopping     bool             `json:"stopping,omitempty"`
		Dependencies map[string]state `json:"dependencies"`
	}{Dependencies: map[string]state{}}
	role := req.URL.Query().Get("role")
	if role != "" && !slices.Contains(allRoles(), role) { // a misspelt role depends on nothing, and would always be ready
		http.Error(w, "no such role: ask for one of "+strings.Join(allRoles(), ", "), http.StatusBadRequest)
		return
	}
	found, stopping := r.ask(req.Context())
	answer.Ready, answer.Stopping = !stopping, stopping
	for _, d := range r.dependencies {
		if role != "" && !slices.Contains(d.roles, role) {
			continue
		}
		s := state{Ready: found[d.name] == nil}
		if !s.Ready {
			s.Error, answer.Ready = found[d.name].Error(), false
		}
		answer.Dependencies[d.name] = s
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !answer.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		return // the prober has gone
	}
}
