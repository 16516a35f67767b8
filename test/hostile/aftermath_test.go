package hostile

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// usage is what a server takes.
type usage struct {
	memory     float64 // bytes obtained from the system and not given back
	goroutines int
}

func (s *server) fromAdmin(t *testing.T, path string) string {
	t.Helper()
	res, err := s.http.Get(s.admin + path)
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode, path)
	return string(body)
}

func (s *server) metric(t *testing.T, name string) float64 {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(s.fromAdmin(t, "/metrics"))
	require.Len(t, found, 2, name)
	v, err := strconv.ParseFloat(found[1], 64)
	require.NoError(t, err)
	return v
}

func (s *server) usage(t *testing.T) usage {
	t.Helper()
	return usage{s.metric(t, "go_memstats_sys_bytes") - s.metric(t, "go_memstats_heap_released_bytes"), s.goroutines(t)}
}

// goroutines counts them without those that wait in the HTTP server's pool for a connection to serve: they go by themselves.
func (s *server) goroutines(t *testing.T) int {
	t.Helper()
	n := 0
	for stack := range strings.SplitSeq(s.fromAdmin(t, "/debug/pprof/goroutine?debug=2"), "\n\n") {
		if !strings.Contains(stack, "(*workerPool).workerFunc(") || strings.Contains(stack, ".serveConn(") {
			n++
		}
	}
	return n
}

// openFiles is how many files this process may have open.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 256
	}
	return int(min(limit.Cur, 1<<20)) //nolint:gosec // bounded
}

func (s *server) secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, word := range s.private {
		if len(word) >= 6 {
			all = append(all, word)
		}
	}
	return all
}

// aftermath looks at a server that has been through it all.
func aftermath(t *testing.T, s *server, before usage) {
	s.mustHandleGood(t)
	s.http.CloseIdleConnections()
	const leftover = 20 // of other tests, still closing
	eventually(t, "goroutines go back", func() bool { return s.goroutines(t) < before.goroutines+leftover })
	s.fromAdmin(t, "/debug/pprof/heap?gc=1")
	live := s.metric(t, "go_memstats_heap_inuse_bytes")
	require.Less(t, live, float64(400<<20), "memory that is still in use")

	require.Equal(t, http.StatusOK, s.send(t, http.MethodGet, "/login", nil).status)
	var sum struct {
		Received    int64 `json:"received"`
		Applied     int64 `json:"applied"`
		Duplicate   int64 `json:"duplicate"`
		Ignored     int64 `json:"ignored"`
		Quarantined int64 `json:"quarantined"`
	}
	eventually(t, "the ledger's sum closes", func() bool {
		s.api(t, "/api/v1/ledger/summary", &sum)
		return sum.Received == sum.Applied+sum.Duplicate+sum.Ignored+sum.Quarantined
	})
	require.Positive(t, sum.Applied)
	mustTellNobody(t, s)
}

// mustTellNobody reads the log: lines of JSON that name neither people nor secrets, and no trouble but what was ordered.
func mustTellNobody(t *testing.T, s *server) {
	t.Helper()
	log := s.log.String()
	require.NotEmpty(t, log)
	for _, word := range s.secrets() {
		if strings.Contains(log, word) {
			t.Errorf("the log tells %q", word)
		}
	}
	for _, mark := range []string{"xss-probe", "xssprobe", "DROP TABLE", "alert(1)", "evil.example", "81.2.", "8.8.8.8"} {
		if strings.Contains(log, mark) {
			t.Errorf("the log repeats what somebody sent: %q", mark)
		}
	}
	for line := range strings.SplitSeq(strings.TrimSpace(log), "\n") {
		var told struct {
			Level string `json:"level"`
		}
		if err := json.Unmarshal([]byte(line), &told); err != nil {
			t.Errorf("not a line of the log's form: %s", line)
			continue
		}
		if told.Level == "ERROR" {
			t.Errorf("an error of ours: %s", line)
		}
	}
}
