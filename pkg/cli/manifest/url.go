package manifest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/carto-run/carto/pkg/manifest"
)

// fetchTimeout bounds everything from the connection to the last byte.
const fetchTimeout = 30 * time.Second

func isURL(path string) bool {
	return strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://")
}

// fetch reads a manifest from the web. What was asked for by https is not read by http,
// whatever a redirect says: it decides what runs in the cluster.
func fetch(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{CheckRedirect: func(next *http.Request, via []*http.Request) error {
		switch {
		case len(via) >= 5:
			return fmt.Errorf("too many redirects")
		case via[0].URL.Scheme == "https" && next.URL.Scheme != "https":
			return fmt.Errorf("redirected from https to %s", next.URL.Scheme)
		}
		return nil
	}}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %s", response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, manifest.MaxFile+1))
}
