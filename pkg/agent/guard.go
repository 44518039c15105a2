package agent

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/cert"
	"k8s.io/utils/clock"
)

// Limits of the guard. A right that is taken away is noticed after trustedFor; what was
// refused is asked about again sooner, because roles are often granted after the first try.
const (
	trustedFor  = time.Minute
	refusedFor  = 5 * time.Second
	maxVerdicts = 1024
	// maxReviews at once: whoever reaches the port could otherwise have the agent send the API
	// server as many requests as they like.
	maxReviews = 4
)

// guard lets those through whom the API server knows by their token, and allows to get the
// path. It asks by TokenReview and SubjectAccessReview with the agent's own identity. The
// library of the API server does the same, but brings the API server along.
type guard struct {
	client rest.Interface
	clock  clock.PassiveClock
	slots  *semaphore.Weighted

	mu    sync.Mutex
	known map[[sha256.Size]byte]verdict
}

type verdict struct {
	code    int
	message string
	until   time.Time
}

func newGuard(client rest.Interface, c clock.PassiveClock) *guard {
	return &guard{client: client, clock: c, slots: semaphore.NewWeighted(maxReviews), known: map[[sha256.Size]byte]verdict{}}
}

// protect puts the guard before a handler.
func (g *guard) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := g.judge(r)
		switch v.code {
		case http.StatusOK:
			next.ServeHTTP(w, r)
			return
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		http.Error(w, v.message, v.code)
	})
}

func (g *guard) judge(r *http.Request) verdict {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" {
		return verdict{code: http.StatusUnauthorized, message: "a bearer token of this cluster is needed"}
	}
	verb := strings.ToLower(r.Method)
	key := sha256.Sum256([]byte(verb + " " + r.URL.Path + " " + token)) // no tokens in memory
	if v, ok := g.remembered(key); ok {
		return v
	}
	if err := g.slots.Acquire(r.Context(), 1); err != nil {
		return verdict{code: http.StatusServiceUnavailable, message: "too many requests wait"}
	}
	defer g.slots.Release(1)
	v, err := g.review(r.Context(), token, verb, r.URL.Path)
	if err != nil {
		return verdict{code: http.StatusInternalServerError, message: "cannot find out who may read this: " + err.Error()}
	}
	g.remember(key, v)
	return v
}

func (g *guard) remembered(key [sha256.Size]byte) (verdict, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v, ok := g.known[key]
	return v, ok && g.clock.Now().Before(v.until)
}

func (g *guard) remember(key [sha256.Size]byte, v verdict) {
	lasts := refusedFor
	if v.code == http.StatusOK {
		lasts = trustedFor
	}
	now := g.clock.Now()
	v.until = now.Add(lasts)
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.known) >= maxVerdicts {
		clear(g.known) // who floods it gains nothing but that all are asked about again
	}
	g.known[key] = v
}

// review asks the API server who has the token, and whether they may do this.
func (g *guard) review(ctx context.Context, token, verb, path string) (verdict, error) {
	who := authenticationv1.TokenReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "authentication.k8s.io/v1", Kind: "TokenReview"},
		Spec:     authenticationv1.TokenReviewSpec{Token: token},
	}
	if err := g.ask(ctx, "/apis/authentication.k8s.io/v1/tokenreviews", &who); err != nil {
		return verdict{}, err
	}
	if !who.Status.Authenticated {
		return verdict{code: http.StatusUnauthorized, message: "the token is not one of this cluster, or has expired"}, nil
	}
	user := who.Status.User
	extra := make(map[string]authorizationv1.ExtraValue, len(user.Extra))
	for key, values := range user.Extra {
		extra[key] = authorizationv1.ExtraValue(values)
	}
	may := authorizationv1.SubjectAccessReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "authorization.k8s.io/v1", Kind: "SubjectAccessReview"},
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User: user.Username, Groups: user.Groups, UID: user.UID, Extra: extra,
			NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: path, Verb: verb},
		},
	}
	if err := g.ask(ctx, "/apis/authorization.k8s.io/v1/subjectaccessreviews", &may); err != nil {
		return verdict{}, err
	}
	if !may.Status.Allowed {
		return verdict{code: http.StatusForbidden, message: fmt.Sprintf("%s may not %s %s: a ClusterRole with nonResourceURLs: [%q] and verbs: [%s] grants it", user.Username, verb, path, path, verb)}, nil
	}
	return verdict{code: http.StatusOK}, nil
}

// ask creates a review and reads the answer into it.
func (g *guard) ask(ctx context.Context, path string, review any) error {
	body, err := json.Marshal(review)
	if err != nil {
		return err
	}
	answer, err := answerOf(g.client.Post().AbsPath(path).Body(body).Do(ctx))
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, review)
}

// serverTLS is for the certificate in two files, read for each connection, so that one that
// is renewed is used at once; or, without files, for one that the agent signs itself at each
// start, which a client can not check.
func serverTLS(certFile, keyFile string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if certFile != "" {
		read := func() (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(certFile, keyFile)
			if err != nil {
				return nil, fmt.Errorf("read the certificate for metrics: %w", err)
			}
			return &pair, nil
		}
		config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return read() }
		_, err := read()
		return config, err
	}
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "carto-agent"
	}
	certPEM, keyPEM, err := cert.GenerateSelfSignedCertKey(name, []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"localhost"})
	if err != nil {
		return nil, fmt.Errorf("make a certificate for metrics: %w", err)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	config.Certificates = []tls.Certificate{pair}
	return config, err
}
