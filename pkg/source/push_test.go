package source

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/registry"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// store is a registry on loopback that remembers what was asked of it.
type store struct {
	*httptest.Server
	mu       sync.Mutex
	requests []string
	// busy is how many blobs it refuses to take before it takes one.
	busy int
	// user and password that it wants; none when empty.
	user, password, token string
}

func newStore(t *testing.T, secure bool) *store {
	t.Helper()
	s := &store{}
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.Method)
		busy := r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/blobs/") && s.busy > 0
		if busy {
			s.busy--
		}
		s.mu.Unlock()
		user, password, _ := r.BasicAuth()
		switch {
		case busy:
			_, _ = io.CopyN(io.Discard, r.Body, 10) // in the middle
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
		case s.user != "" && (user != s.user || password != s.password):
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
		case s.token != "" && r.Header.Get("Authorization") != "Bearer "+s.token:
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token",service="test"`)
			w.WriteHeader(http.StatusUnauthorized)
		default:
			handler.ServeHTTP(w, r)
		}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func (s *store) place(t *testing.T, name string) Place {
	t.Helper()
	_, host, _ := strings.Cut(s.URL, "://")
	place, err := ParsePlace(host + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return place
}

// writes are the requests so far that change something; they are forgotten.
func (s *store) writes() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if r != http.MethodGet && r != http.MethodHead {
			all = append(all, r)
		}
	}
	s.requests = nil
	return all
}

func (s *store) get(t *testing.T, path string, into any) io.Reader {
	t.Helper()
	response, err := s.Client().Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, response.Status)
	}
	if into != nil {
		if err := json.NewDecoder(response.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	return response.Body
}

func TestPush(t *testing.T) {
	t.Parallel()
	s := newStore(t, false)
	image := packed(t, tree(t, "a", strings.Repeat("1", 100_000), "b/c*", "2"))
	place := s.place(t, "shop/cart:v1")
	var done, total int64
	sent, err := Push(t.Context(), image, place, Access{}, func(d, t int64) { done, total = d, t })
	if err != nil || !sent {
		t.Fatalf("%v, %v", sent, err)
	}
	if done != total || total != image.layerDesc.Size {
		t.Errorf("progress ended at %d of %d", done, total)
	}
	s.writes()

	// What a reader of images does: manifest, config, layer.
	var manifest ocispec.Manifest
	s.get(t, "/v2/shop/cart/manifests/v1", &manifest)
	if manifest.MediaType != ocispec.MediaTypeImageManifest || len(manifest.Layers) != 1 || manifest.Layers[0].MediaType != ocispec.MediaTypeImageLayerGzip {
		t.Errorf("manifest: %+v", manifest)
	}
	var config ocispec.Image
	s.get(t, "/v2/shop/cart/blobs/"+manifest.Config.Digest.String(), &config)
	if manifest.Config.MediaType != ocispec.MediaTypeImageConfig || len(config.RootFS.DiffIDs) != 1 {
		t.Errorf("config: %+v", config)
	}
	layer := listing(t, s.get(t, "/v2/shop/cart/blobs/"+manifest.Layers[0].Digest.String(), nil))
	if d := cmp.Diff([]string{"644 a " + strings.Repeat("1", 100_000), "755 b/", "755 b/c 2"}, layer); d != "" {
		t.Error(d)
	}
	s.get(t, "/v2/shop/cart/manifests/"+image.Digest.String(), nil)

	// The same files, from elsewhere: same digest, nothing sent.
	again := packed(t, tree(t, "b/c*", "2", "a", strings.Repeat("1", 100_000)))
	sent, err = Push(t.Context(), again, place, Access{}, nil)
	if err != nil || sent || place.At(again) != place.At(image) {
		t.Errorf("%v, %v, %s, want %s", sent, err, place.At(again), place.At(image))
	}
	if w := s.writes(); len(w) > 0 {
		t.Errorf("a second push sent %v", w)
	}
	// Another tag: only the manifest.
	if sent, err = Push(t.Context(), again, s.place(t, "shop/cart:v2"), Access{}, nil); err != nil || !sent {
		t.Errorf("%v, %v", sent, err)
	}
	if w := s.writes(); len(w) != 1 || w[0] != http.MethodPut {
		t.Errorf("another tag sent %v", w)
	}
}

func TestPushRefused(t *testing.T) {
	t.Parallel()
	image := packed(t, tree(t, "a", "1"))
	basic, bearer := newStore(t, false), newStore(t, false)
	basic.user, basic.password, bearer.token = "u", "p", "t"
	secure := newStore(t, true)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	closed := newStore(t, false)
	gone := closed.place(t, "x")
	closed.Close()
	for _, tc := range []struct {
		reason string
		place  Place
		access Access
		fault  string
	}{
		{"user and password", basic.place(t, "a"), Access{Username: "u", Password: "p"}, ""},
		{"a wrong password", basic.place(t, "b"), Access{Username: "u", Password: "x"}, "the registry refuses; give --registry-username"},
		{"nobody", basic.place(t, "b"), Access{}, "the registry wants a user"},
		{"a token", bearer.place(t, "a"), Access{Token: "t"}, ""},
		{"a wrong token", bearer.place(t, "b"), Access{Token: "x"}, "the registry refuses"},
		{"its certificate", secure.place(t, "a"), Access{CACerts: []string{ca}}, ""},
		{"no certificate", secure.place(t, "a"), Access{}, "cannot push the source"},
		{"a certificate that is none", secure.place(t, "a"), Access{CACerts: []string{"push_test.go"}}, "holds no certificate"},
		{"a certificate that is not there", secure.place(t, "a"), Access{CACerts: []string{"nothere"}}, "nothere"},
		{"nobody listens", gone, Access{}, "connection refused"},
	} {
		_, err := Push(t.Context(), image, tc.place, tc.access, nil)
		if (err == nil) != (tc.fault == "") || err != nil && !strings.Contains(err.Error(), tc.fault) {
			t.Errorf("%s: got %v, want %q", tc.reason, err, tc.fault)
		}
		if err != nil && tc.access.Password != "" && strings.Contains(err.Error(), ":"+tc.access.Password+"@") {
			t.Errorf("%s: the password is in %v", tc.reason, err)
		}
	}
}

// TestPushAsDocker: without flags the docker configuration says who we are.
func TestPushAsDocker(t *testing.T) {
	s := newStore(t, false)
	s.user, s.password = "u", "p"
	place := s.place(t, "a")
	dir := t.TempDir()
	config := `{"auths":{"` + place.ref.Registry + `":{"auth":"` + base64.StdEncoding.EncodeToString([]byte("u:p")) + `"}}}`
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOCKER_CONFIG", dir)
	if sent, err := Push(t.Context(), packed(t, tree(t, "a", "1")), place, Access{}, nil); err != nil || !sent {
		t.Errorf("%v, %v", sent, err)
	}
}

// TestPushBusy: a registry that is overloaded for a moment gets the layer again, all of it.
func TestPushBusy(t *testing.T) {
	t.Parallel()
	s := newStore(t, false)
	s.busy = 1
	image := packed(t, tree(t, "a", strings.Repeat("1", 100_000)))
	if sent, err := Push(t.Context(), image, s.place(t, "a:v1"), Access{}, nil); err != nil || !sent {
		t.Fatal(sent, err)
	}
	if got := listing(t, s.get(t, "/v2/a/blobs/"+image.layerDesc.Digest.String(), nil)); len(got) != 1 {
		t.Errorf("got %d files", len(got))
	}
}

// TestPushCancelled: an interrupted push leaves no tag.
func TestPushCancelled(t *testing.T) {
	t.Parallel()
	s := newStore(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Push(ctx, packed(t, tree(t, "a", "1")), s.place(t, "a:v1"), Access{}, func(int64, int64) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	response, err := http.Get(s.URL + "/v2/a/manifests/v1")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNotFound {
		t.Errorf("the tag is there: %s", response.Status)
	}
}

// TestPushToSilence: a registry that never answers ends with Ctrl-C.
func TestPushToSilence(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if c, err := listener.Accept(); err == nil {
			defer c.Close()
			cancel()
			<-t.Context().Done()
		}
	}()
	place, err := ParsePlace(listener.Addr().String() + "/a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Push(ctx, packed(t, tree(t, "a", "1")), place, Access{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
