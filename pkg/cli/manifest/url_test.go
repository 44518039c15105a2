package manifest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/manifest"
)

func TestReadURL(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/good", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a: b\n")) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/good", http.StatusFound) })
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.Repeat("#", manifest.MaxFile+1)))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for _, tc := range []struct{ reason, path, want, fault string }{
		{"it is read", "/good", "a: b\n", ""},
		{"a redirect is followed", "/moved", "a: b\n", ""},
		{"not for ever", "/round", "", "too many redirects"},
		{"it must be there", "/none", "", "404"},
		{"it is bounded", "/large", "", "larger than"},
	} {
		_, data, err := Read(t.Context(), nil, server.URL+tc.path)
		if string(data) != tc.want || (err == nil) != (tc.fault == "") || err != nil && !strings.Contains(err.Error(), tc.fault) {
			t.Errorf("%s: %.20q, %v", tc.reason, data, err)
		}
	}
	secure := httptest.NewUnstartedServer(http.RedirectHandler(server.URL+"/good", http.StatusFound))
	secure.StartTLS()
	t.Cleanup(secure.Close)
	if _, _, err := Read(t.Context(), nil, secure.URL); err == nil { // its certificate is nobody's
		t.Error("an unknown certificate was accepted")
	}
}
