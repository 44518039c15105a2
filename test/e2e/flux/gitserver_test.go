package flux

import (
	"crypto/subtle"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// gitServer serves the repositories below a folder over HTTP, by the server that git itself brings.
type gitServer struct {
	*httptest.Server
	// password is what user ada needs to read; nobody needs one while it is empty.
	password atomic.Pointer[string]
	requests atomic.Int64
}

const user = "ada"

func newGitServer(t *testing.T, dir string) *gitServer {
	t.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatalf("find git's own server: %v", err)
	}
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1"},
	}
	s := &gitServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		if !s.mayRead(r) {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *gitServer) mayRead(r *http.Request) bool {
	want := s.password.Load()
	if want == nil {
		return true
	}
	name, password, _ := r.BasicAuth()
	return name == user && subtle.ConstantTimeCompare([]byte(password), []byte(*want)) == 1
}
